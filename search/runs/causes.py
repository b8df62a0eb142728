"""An error and what is behind it: libraries hide the reason of an error behind one of their own."""

from __future__ import annotations

from collections.abc import Iterator


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, then what it was raised from or in the handling of, and so on, each once.

    Args:
        error: the outermost; where it has both, what it was raised from (PEP 3134) counts.
    """
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        yield found
        seen.add(id(found))
        found = found.__cause__ or found.__context__


def reason_of(error: BaseException) -> str:
    """Return an error as one line: what our own errors say is a sentence, others need the name of their class."""
    lines = str(error).strip().splitlines() or [repr(error)]
    return lines[0] if type(error).__module__.startswith("search.") else f"{type(error).__name__}: {lines[0]}"
