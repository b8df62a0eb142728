"""How a search stands, as its driver says it while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from search.runs.account import Account
from search.runs.progress import Progress


@dataclass(frozen=True)
class Snapshot:
    """What the live display shows: progress, costs and forecast, images per second in all, seconds elapsed, and why no
    new trial may begin now.
    """

    progress: Progress
    account: Account
    images_per_second: float
    elapsed: float
    held: str = ""


Listener = Callable[[Snapshot], None]
"""Is told how the search stands, from the driver's own thread, a few times a second."""
