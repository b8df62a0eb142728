"""Which runs a log folder has, and which file belongs to which of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

import numpy as np

from search.plan.trial_config import Value
from search.runs.logs.event_file import EventFile
from search.runs.logs.logs import NO_RUN, LoggedRun, Members
from search.runs.logs.session import Session

Parameters = Mapping[str, Mapping[str, Value]]
"""Hyperparameters that stand in a file beside the events, by the name of the run."""


class Roster:
    """The runs, kept from look to look: only those that changed are made again.

    A folder with event files is a run. PyTorch's ``add_hparams`` writes into a sub-folder of a run that has no
    hyperparameters itself; where there is one such folder, it is joined to the run. A run that has neither values nor
    hyperparameters is left out.
    """

    def __init__(self) -> None:
        self._families: dict[str, list[EventFile]] = {}
        self._sub: dict[str, str] = {}
        self._rows: dict[str, int] = {}
        self._runs: list[LoggedRun] = []
        self._members: Members | None = None

    def update(
        self, files: Iterable[EventFile], touched: set[str], parameters: Parameters, *, regroup: bool
    ) -> tuple[Sequence[LoggedRun], Members]:
        """Return the runs and their files.

        Args:
            files: all of them.
            touched: the folders of files that were read since the last time.
            parameters: of a file beside the events.
            regroup: files came or went, or said something of their session.
        """
        unknown = {self._sub.get(folder, folder) for folder in touched} - self._rows.keys()
        if regroup or unknown or self._members is None:
            self._group(files, parameters)
        else:
            self._runs = list(self._runs)
            for folder in {self._sub.get(folder, folder) for folder in touched}:
                self._runs[self._rows[folder]] = self._run(folder, parameters)
        assert self._members is not None
        return self._runs, self._members

    def _group(self, files: Iterable[EventFile], parameters: Parameters) -> None:
        families: dict[str, list[EventFile]] = defaultdict(list)
        for file in files:
            families[file.folder].append(file)
        for family in families.values():
            family.sort(key=lambda file: file.path)
        self._families, self._sub = families, _sub_runs(families)
        names = [
            folder for folder in families if folder not in self._sub and self._counts(folder, parameters)
        ]
        names.sort(key=_natural)
        self._rows = {name: row for row, name in enumerate(names)}
        self._runs = [self._run(name, parameters) for name in names]
        self._members = self._joined()

    def _counts(self, folder: str, parameters: Parameters) -> bool:
        """Tell whether a folder says anything."""
        related = [file for name in (folder, *self._subs(folder)) for file in self._families[name]]
        return bool(parameters.get(folder)) or any(
            file.step >= 0 or file.session != Session() for file in related
        )

    def _subs(self, folder: str) -> list[str]:
        return [sub for sub, parent in self._sub.items() if parent == folder] if self._sub else []

    def _run(self, name: str, parameters: Parameters) -> LoggedRun:
        own = self._families[name]
        subs = [file for sub in self._subs(name) for file in self._families[sub]]
        said = reduce(Session.joined, (file.session for file in [*own, *subs]), Session())
        first = min((file.first for file in own), default=np.inf)
        last = max(file.last for file in [*own, *subs])
        written = last if np.isfinite(last) else None
        return LoggedRun(
            name=name,
            hparams={**parameters.get(name, {}), **said.hparams},
            # A sub-run is written whole, also while the run itself goes on: its end says nothing.
            status=reduce(Session.joined, (file.session for file in own), Session()).status
            if subs
            else said.status,
            start=said.start if said.start is not None and not subs else _finite(first, said.start),
            end=said.end if said.end is not None and not subs else written,
            last=written,
            step=max(file.step for file in own),
            group=said.group,
            host=own[-1].host,
            metrics=said.metrics,
            torn=any(file.torn for file in own),
        )

    def _joined(self) -> Members:
        size = 1 + max((file.number for family in self._families.values() for file in family), default=-1)
        row, annex = np.full(size, NO_RUN, np.int32), np.full(size, NO_RUN, np.int32)
        place = np.zeros(size, np.int32)
        for folder, family in self._families.items():
            numbers = [file.number for file in family]
            place[numbers] = range(len(numbers))
            if folder in self._sub:
                annex[numbers] = self._rows.get(self._sub[folder], NO_RUN)
            else:
                row[numbers] = self._rows.get(folder, NO_RUN)
        return Members(row, annex, place, several=any(len(family) > 1 for family in self._families.values()))


def _sub_runs(families: Mapping[str, Sequence[EventFile]]) -> dict[str, str]:
    """Return the folders that only describe the run above them, with its name."""
    parents = {}
    for folder, family in families.items():
        parent = folder.rpartition("/")[0] or "."
        if folder != "." and parent in families and any(file.session.hparams for file in family):
            parents[folder] = parent
    described = Counter(parents.values())
    return {
        folder: parent
        for folder, parent in parents.items()
        if described[parent] == 1
        and any(file.step >= 0 for file in families[parent])
        and not any(file.session.hparams for file in families[parent])
    }


def _finite(time: float, otherwise: float | None) -> float | None:
    return time if np.isfinite(time) else otherwise


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts numbers within a name as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
