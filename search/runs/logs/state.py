"""What is known of a log folder: how far each file is read, and all values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from search.plan.trial_config import Value
from search.runs.logs.cube import Cube, Flags
from search.runs.logs.decoder import Decoder
from search.runs.logs.event_file import EventFile
from search.runs.logs.store import Look


class State:
    """The files by path, in order; their values; the hyperparameters that stand beside them, by run."""

    def __init__(self) -> None:
        self.files: dict[str, EventFile] = {}
        self.cube = Cube()
        self.decoder = Decoder()
        self.parameters: dict[str, Mapping[str, Value]] = {}
        self.described: dict[str, Look] = {}
        self.numbered = 0
        self._folders: dict[str, list[EventFile]] | None = None

    def due(self, events: Mapping[str, Look]) -> list[EventFile]:
        """Return the files that have something new, in order; those not known before are from now on."""
        files, due = self.files, []
        for path, look in events.items():
            file = files.get(path)
            if file is None:
                file = self._new(path)
            elif file.look == look:
                continue
            due.append(file)
        return due

    def forget(self, events: Mapping[str, Look]) -> bool:
        """Forget the files that are gone or replaced, with the rest of their runs; tell whether there were any."""
        lost = [
            file for path, file in self.files.items() if path not in events or file.replaced(events[path])
        ]
        self._drop({file.folder for file in lost})
        return bool(lost)

    def renew(self, replaced: Iterable[EventFile]) -> list[EventFile]:
        """Begin again with the runs of files that were replaced; return all their files, none of them read."""
        dropped = self._drop({file.folder for file in replaced})
        return [self._new(file.path) for file in dropped]

    def describe(self, looks: Mapping[str, Look], read: Callable[[str], Mapping[str, Value]]) -> bool:
        """Read the hyperparameters beside the events where they changed; tell whether any did."""
        changed = [path for path, look in looks.items() if self.described.get(path) != look]
        gone = self.described.keys() - looks.keys()
        for path in changed:
            self.parameters[_folder(path)] = read(path)
        for path in gone:
            self.parameters.pop(_folder(path), None)
        self.described = dict(looks)
        return bool(changed or gone)

    def earlier(self, file: EventFile) -> Flags:
        """Return which files, by number, are this one or stand before it in the same run."""
        flags = np.zeros(self.numbered, np.bool_)
        flags[[other.number for other in self._family(file) if other.path <= file.path]] = True
        return flags

    def void(self, file: EventFile, step: int) -> None:
        """Forget what was read of this file and of those before it in the same run, from a step on."""
        # Writers of TensorFlow 1 say a restart at the beginning of every file: most have nothing to forget.
        if any(other.step >= step for other in self._family(file) if other.path <= file.path):
            self.cube.drop(self.earlier(file), step)

    def void_from(self, file: EventFile) -> int | None:
        """Return the least step at which a later file of the same run begins again; None where none does."""
        family = self._family(file)
        if len(family) == 1:
            return None
        steps = [step for other in family if other.path > file.path for step in other.restarts]
        return min(steps, default=None)

    def _family(self, file: EventFile) -> list[EventFile]:
        """Return all files of a file's run."""
        if self._folders is None:
            self._folders = defaultdict(list)
            for other in self.files.values():
                self._folders[other.folder].append(other)
        return self._folders[file.folder]

    def _new(self, path: str) -> EventFile:
        self.files[path] = EventFile(path, self.numbered)
        self.numbered += 1
        self._folders = None
        return self.files[path]

    def _drop(self, folders: set[str]) -> list[EventFile]:
        """Forget whole runs, and return the files that they had."""
        if not folders:
            return []
        dropped = [file for file in self.files.values() if file.folder in folders]
        flags = np.zeros(self.numbered, np.bool_)
        flags[[file.number for file in dropped]] = True
        self.cube.drop(flags)
        for file in dropped:
            del self.files[file.path]
        self._folders = None
        return dropped


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."
