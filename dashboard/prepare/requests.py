"""What was asked of a search, in words: its history, and the notes and tags of its trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from search.display import point_text
from search.runs.clock import known_time
from search.runs.requests import Action, Outcome

Recorded = Mapping[str, Mapping[str, Any]]
"""What the study keeps of requests, by id: kind, arguments, and when the driver applied it."""

MOST = 200
"""Entries of a history, and characters of a text in one."""


@dataclass(frozen=True)
class Entry:
    """One action. Times are seconds since 1970, None where they are not known; ``by`` may be empty."""

    asked: float | None
    answered: float | None
    by: str
    what: str
    outcome: Outcome
    answer: str


class Beginning(Protocol):
    """A search that a dashboard began or resumed; see `dashboard.searches.Begun`."""

    @property
    def words(self) -> tuple[str, ...]:
        """The verb and its arguments."""
        ...

    @property
    def by(self) -> str:
        """Who began it."""
        ...

    @property
    def at(self) -> float:
        """When, in seconds since 1970."""
        ...

    @property
    def returncode(self) -> int | None:
        """Its exit code; None where it is not known."""
        ...

    @property
    def said(self) -> str:
        """The end of what it said."""
        ...


@dataclass(frozen=True)
class Note:
    """A remark on a trial; ``at`` is in seconds since 1970."""

    at: float | None
    text: str


def history(actions: Iterable[Action], recorded: Recorded, begun: Iterable[Beginning] = ()) -> list[Entry]:
    """Return what was asked, the latest first, at most `MOST`.

    Args:
        actions: as the run's folder has them.
        recorded: as its study has them, with those of which there is no file: of `search.resume --trials`.
        begun: when the search was begun or resumed from a dashboard.
    """
    found = list(actions)
    named = {action.id for action in found}
    entries = [_of_file(action) for action in found]
    entries += [_of_study(one) for name, one in recorded.items() if name not in named]
    entries += map(_of_beginning, begun)
    return sorted(entries, key=lambda entry: -(entry.asked or entry.answered or 0.0))[:MOST]


def what(kind: str, arguments: Mapping[str, Any]) -> str:
    """Return what a request asks for, in words."""
    trial = arguments.get("trial")
    text = str(arguments.get("text", ""))
    words = {
        "stop": "stop the search",
        "stop_trial": f"stop trial {trial}",
        "extend": f"{arguments.get('trials')} more trials",
        "enqueue": f"try {_point(arguments.get('point'))}",
        "note": f"note at trial {trial}: {text}",
        "tag": f"{'take the tag from' if arguments.get('remove') else 'tag'} trial {trial}: {text}",
    }
    said = words.get(kind, kind)
    return said if len(said) <= MOST else said[: MOST - 1] + "…"


def notes(recorded: Recorded, trial: int) -> list[Note]:
    """Return the notes on a trial, the oldest first."""
    found = [one for one in recorded.values() if one.get("kind") == "note" and one.get("trial") == trial]
    return [Note(known_time(one.get("at")), str(one.get("text", ""))) for one in sorted(found, key=_applied)]


def tags(recorded: Recorded, trial: int) -> tuple[str, ...]:
    """Return the tags of a trial, in the order in which they were given."""
    return all_tags(recorded).get(trial, ())


def all_tags(recorded: Recorded) -> dict[int, tuple[str, ...]]:
    """Return the tags of all trials that have some."""
    found: dict[int, dict[str, None]] = {}
    tagged = [
        one for one in recorded.values() if one.get("kind") == "tag" and isinstance(one.get("trial"), int)
    ]
    for one in sorted(tagged, key=_applied):
        of_trial = found.setdefault(one["trial"], {})
        of_trial.pop(str(one.get("text")), None)
        if not one.get("remove"):
            of_trial[str(one.get("text"))] = None
    return {trial: tuple(of_trial) for trial, of_trial in found.items() if of_trial}


def _of_file(action: Action) -> Entry:
    request = action.request
    if request is None:
        return Entry(None, action.answered, "", "a file that is no request", action.outcome, action.message)
    asked = what(request.kind, request.arguments)
    return Entry(known_time(request.at), action.answered, request.by, asked, action.outcome, action.message)


def _of_study(one: Mapping[str, Any]) -> Entry:
    at = known_time(one.get("at"))
    return Entry(at, at, "", what(str(one.get("kind", "")), one), "applied", "")


def _of_beginning(one: Beginning) -> Entry:
    """Exit code 2 is bad usage: nothing was begun."""
    resumed = one.words[:1] == ("search.resume",)
    asked = " ".join(["resume the search", *one.words[2:]]) if resumed else "begin the search"
    refused = one.returncode == 2
    answer = one.said.rpartition("\n")[2][:MOST] if refused else ""
    return Entry(
        known_time(one.at),
        known_time(one.at),
        one.by,
        asked[:MOST],
        "refused" if refused else "applied",
        answer,
    )


def _point(point: object) -> str:
    return point_text(point) if isinstance(point, Mapping) and point else "a configuration of the sampler's"


def _applied(one: Mapping[str, Any]) -> float:
    return known_time(one.get("at")) or 0.0
