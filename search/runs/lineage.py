"""The studies of a run: the first, and one more for each time that its space, scheduler or horizon changed.

They are in one storage: `digits`, `digits@2`, `digits@3` … The search goes on in the last that is complete; one that a
crash left half copied is none, and is deleted by the next driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optuna.storages import BaseStorage

from search.runs.record import RUN

ORIGIN = "winnow:origin"
"""Study attribute, the last that is written: from which study it was copied, how many trials, their horizon."""

PLAN = "winnow:plan"
"""Study attribute: the plan as YAML, where it is no longer the one that the run began with."""


def current(storage: BaseStorage, first: str, *, owner: str = "") -> str:
    """Return the name of the study in which a search goes on.

    Args:
        storage: of the run.
        first: the name of its first study.
        owner: the run's id, in a storage that others use too.
    """
    complete = [name for name in _successors(storage, first, owner) if ORIGIN in _attributes(storage, name)]
    return complete[-1] if complete else first


def half_copied(storage: BaseStorage, first: str, *, owner: str = "") -> list[str]:
    """Return the studies that a crash has left half copied; see `current` for the arguments."""
    return [name for name in _successors(storage, first, owner) if ORIGIN not in _attributes(storage, name)]


def next_name(storage: BaseStorage, first: str) -> str:
    """Return the name of the study that comes after all those of a search."""
    return f"{first}@{max((_generation(name) for name in _named(storage, first)), default=1) + 1}"


def plan_text(storage: BaseStorage, name: str) -> str | None:
    """Return the plan of a study as YAML; None where it is the one that the run began with."""
    text: str | None = _attributes(storage, name).get(PLAN)
    return text


def first_of(name: str) -> str:
    """Return the name of the first study of a search, by that of any of its studies."""
    return name.partition("@")[0]


def _successors(storage: BaseStorage, first: str, owner: str) -> Sequence[str]:
    """Return the later studies of a run, first to last; the name of a run has no `@`."""
    found = [name for name in _named(storage, first) if _owner(storage, name, owner) == owner]
    return sorted(found, key=_generation)


def _named(storage: BaseStorage, first: str) -> list[str]:
    names = (study.study_name for study in storage.get_all_studies())
    return [name for name in names if name.startswith(f"{first}@") and name[len(first) + 1 :].isdecimal()]


def _generation(name: str) -> int:
    return int(name.rpartition("@")[2])


def _owner(storage: BaseStorage, name: str, default: str) -> str:
    # A crash may have kept the first attribute of a new study from being written.
    found: str = storage.get_study_user_attrs(storage.get_study_id_from_name(name)).get(RUN, default)
    return found


def _attributes(storage: BaseStorage, name: str) -> dict[str, Any]:
    return storage.get_study_system_attrs(storage.get_study_id_from_name(name))
