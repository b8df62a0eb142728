"""The journal survives what happens to files: cut anywhere, a full disk, a killed holder of its lock."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage

from search.runs.journal import Journal, KernelLock, ReadOnlyJournal
from search.runs.storage import open_for_reading


def study_in(path: Path) -> optuna.Study:
    storage = JournalStorage(Journal(path))
    return optuna.create_study(storage=storage, study_name="s", direction="maximize", load_if_exists=True)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "study.journal"
    study = study_in(path)
    for number in range(3):
        trial = study.ask()
        trial.suggest_float("x", 0, 1)
        study.tell(trial, float(number))
    return path


def test_cut_at_every_byte_of_its_last_record_nothing_before_it_is_lost(journal: Path) -> None:
    content = journal.read_bytes()
    start = content.rfind(b"\n", 0, len(content) - 1) + 1
    before = [json.loads(line) for line in content[:start].splitlines()]
    for cut in range(start, len(content)):
        for left in journal.parent.glob("*.torn-*"):
            left.unlink()
        journal.write_bytes(content[:cut])
        opened = Journal(journal)
        assert (opened.mended is None) == (cut == start)
        if opened.mended is not None:
            assert opened.mended.read_bytes() == content[start:cut]
        opened.append_logs([{"op_code": 99, "after": cut}])
        lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
        assert lines == [*before, {"op_code": 99, "after": cut}]


def test_cut_at_every_byte_of_its_last_record_the_study_goes_on(journal: Path) -> None:
    content = journal.read_bytes()
    start = content.rfind(b"\n", 0, len(content) - 1) + 1
    for cut in (start, start + 1, (start + len(content)) // 2, len(content) - 1):
        journal.write_bytes(content[:cut])
        study = study_in(journal)
        number = study.ask().number
        assert number == 3
        again = study_in(journal)
        assert [t.number for t in again.trials] == [0, 1, 2, 3]


def test_a_last_line_that_is_no_json_is_cut_too(journal: Path) -> None:
    """A power cut may leave a block of zeros with its newline."""
    whole = journal.read_bytes()
    journal.write_bytes(whole + b"\0\0\0\n")
    opened = Journal(journal)
    assert opened.mended is not None
    assert journal.read_bytes() == whole


def test_a_whole_journal_is_left_alone(journal: Path) -> None:
    whole = journal.read_bytes()
    assert Journal(journal).mended is None
    assert journal.read_bytes() == whole


def test_a_write_that_fails_half_way_leaves_the_journal_as_it_was(journal: Path) -> None:
    """The kernel writes what still fits below the file size limit, then refuses: as on a full disk."""
    code = f"""
import resource, signal, sys
from pathlib import Path
from search.runs.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path({str(journal)!r})
opened = Journal(path)
size = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, size + 10))
try:
    opened.append_logs([{{"op_code": 99, "text": "x" * 1000}}])
except OSError as error:
    print(error.strerror)
"""
    whole = journal.read_bytes()
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "too large" in said.stdout
    assert journal.read_bytes() == whole
    assert study_in(journal).ask().number == 3


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_loses_nothing_and_the_study_goes_on_when_there_is_room(tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this sandbox does not allow mounts")
    try:
        path = mount / "study.journal"
        study = study_in(path)
        ballast = mount / "ballast"
        ballast.write_bytes(b"x" * 40_000)
        with pytest.raises(OSError, match="No space left"):
            [study.ask() for _ in range(1000)]
        asked = len(optuna.load_study(study_name="s", storage=open_for_reading(path)).trials)
        assert asked > 0
        assert path.read_bytes().endswith(b"\n")
        ballast.unlink()
        again = study_in(path)
        assert len(again.trials) == asked
        assert again.ask().number == asked
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_the_kernel_frees_the_lock_of_a_killed_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = f"""
import time
from pathlib import Path
from search.runs.journal import KernelLock
KernelLock(Path({str(path)!r})).acquire()
print("held", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGKILL)
    lock = KernelLock(path)
    assert lock.acquire()
    lock.release()


def test_a_reader_refuses_to_write_and_needs_no_write_permission(journal: Path) -> None:
    whole = journal.read_bytes()
    study = optuna.load_study(study_name="s", storage=open_for_reading(journal))
    assert len(study.trials) == 3
    with pytest.raises(PermissionError, match="only the driver"):
        study.ask()
    assert journal.read_bytes() == whole
    with pytest.raises(FileNotFoundError, match="no journal"):
        ReadOnlyJournal(journal.parent / "nowhere.journal")


def test_the_limit_of_this_process_is_untouched() -> None:
    """The tests above set limits in their children only."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_records_written_together_are_made_durable_once_and_before_it_ends(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable_at: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: durable_at.append(os.fstat(descriptor).st_size))
    opened = Journal(journal)
    before = journal.stat().st_size
    with opened.together():
        opened.append_logs([{"op_code": 99, "first": 1}])
        with opened.together():
            opened.append_logs([{"op_code": 99, "second": 2}])
        assert not durable_at
        assert journal.stat().st_size > before, "a record in a group is there at once, for whoever reads"
    assert durable_at == [journal.stat().st_size]
    opened.append_logs([{"op_code": 99, "alone": 3}])
    assert durable_at[1:] == [journal.stat().st_size]
