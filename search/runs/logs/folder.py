"""A folder of TensorBoard logs that grows: each look reads what was appended since the last one."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from search.runs.logs.batch import Batch
from search.runs.logs.cache import Cache
from search.runs.logs.event_file import LARGEST_READ, EventFile
from search.runs.logs.framing import Framer
from search.runs.logs.logs import Logs
from search.runs.logs.parameters import read_parameters
from search.runs.logs.roster import Roster
from search.runs.logs.state import State
from search.runs.logs.store import PARAMETERS, Look, Store
from search.runs.logs.stores import open_store


class LogFolder:
    """Reads all event files below a folder, whoever wrote them; may be asked by several threads, one at a time.

    Both checksums of every record are verified. A record that its writer has not completed is waited for; a damaged one
    is named in `Logs.damage` and left out. A file that shrank or was replaced is read anew, with its run.

    Args:
        root: a folder, which need not exist yet, or `s3://bucket/prefix`.
        cache: whether what was read is kept on this machine for the next process; see `search.runs.logs.cache`.
        store: where the files are, where that is not to be told from ``root``.
    """

    def __init__(self, root: str | Path, *, cache: bool = False, store: Store | None = None) -> None:
        self._store = store or open_store(root)
        self._cache = Cache(str(root)) if cache else None
        self._lock = threading.Lock()
        self._state = (self._cache.load() if self._cache else None) or State()
        self._framer, self._roster = Framer(), Roster()
        self._unreadable: dict[str, str] = {}
        self._logs: Logs | None = None

    def refresh(self) -> Logs:
        """Return the logs as they stand; the same object where nothing changed.

        Raises:
            OSError: a bucket is out of reach.
        """
        with self._lock:
            looks = self._store.look()
            try:
                return self._refresh(looks)
            except BaseException:
                # What is known may be half of a change: the next look begins anew.
                self._state, self._roster, self._logs = State(), Roster(), None
                raise

    def _refresh(self, looks: Mapping[str, Look]) -> Logs:
        state = self._state
        described = state.describe(
            {path: look for path, look in looks.items() if path.endswith(PARAMETERS)},
            lambda path: read_parameters(self._store, path),
        )
        events = {path: look for path, look in looks.items() if not path.endswith(PARAMETERS)}
        gone = state.forget(events)
        unreadable = self._unreadable
        self._unreadable = {path: why for path, why in unreadable.items() if path in events}
        said = {file.number: file.session for file in state.files.values()} if self._logs else {}
        read = self._read(events)
        if self._logs is not None and not (read or gone or described) and unreadable == self._unreadable:
            return self._logs
        regroup = gone or described or any(said.get(file.number) is not file.session for file in read)
        touched = {file.folder for file in read}
        self._logs = self._snapshot(touched, regroup=regroup)
        if self._cache:
            self._cache.save(state)
        return self._logs

    def _snapshot(self, touched: set[str], *, regroup: bool) -> Logs:
        state = self._state
        runs, members = self._roster.update(state.files.values(), touched, state.parameters, regroup=regroup)
        damage = [
            f"{what} of {self._store.name(file.path)}"
            for file in state.files.values()
            if file.damage
            for what in file.named()
        ]
        damage += [
            f"{self._store.name(path)} cannot be read: {why}" for path, why in self._unreadable.items()
        ]
        return Logs(runs, damage, dict(state.decoder.tags), dict(state.cube.pieces), members)

    def _read(self, events: Mapping[str, Look]) -> list[EventFile]:
        """Read what is new; return the files that had something new, and whether they are now others."""
        due = self._state.due(events)
        read, replaced = self._read_files(due, events)
        if replaced:
            again = self._state.renew(replaced)
            read = [file for file in read if file.path not in {new.path for new in again}]
            read += self._read_files(again, events)[0]
        return read

    def _read_files(
        self, due: list[EventFile], events: Mapping[str, Look]
    ) -> tuple[list[EventFile], list[EventFile]]:
        """Read files on; return those that were read, and those that have become others."""
        read, replaced, batch = [], [], Batch()
        stretches = [file.stretch(events[file.path].size) for file in due]
        for file, data in zip(due, self._store.many(stretches), strict=True):
            if isinstance(data, OSError):
                self._unreadable[file.path] = data.strerror or str(data)
                continue
            self._unreadable.pop(file.path, None)
            if not data.startswith(file.mark):
                replaced.append(file)
                continue
            self._frame(file, data[len(file.mark) :], events[file.path], batch)
            read.append(file)
            if batch.full:
                batch.decode(self._state.decoder, self._state.cube, self._state)
        batch.decode(self._state.decoder, self._state.cube, self._state)
        return read, replaced

    def _frame(self, file: EventFile, data: bytes, look: Look, batch: Batch) -> None:
        """Add a file's new records to a batch, stretch by stretch."""
        file.look = look
        while data:
            frames = self._framer.frames(data, astray=file.astray)
            batch.add(file, data, frames)
            file.advance(data, frames.used)
            file.astray = frames.astray
            if not (frames.used or frames.wanted) or file.offset + max(frames.wanted, 1) > look.size:
                return
            if frames.wanted > LARGEST_READ:
                file.pass_over(frames.wanted)
            if batch.full:
                batch.decode(self._state.decoder, self._state.cube, self._state)
            data = self._more(file, look.size, frames.wanted)

    def _more(self, file: EventFile, size: int, wanted: int) -> bytes:
        """Return the next stretch of a file; nothing where it has become shorter meanwhile."""
        path, begin, length = file.stretch(size, wanted if wanted <= LARGEST_READ else 0)
        try:
            data = self._store.read(path, begin, length)
        except OSError:
            return b""
        return data[len(file.mark) :] if len(data) == length else b""
