"""Brings a run home from the head of a cluster, again and again while it goes on; only what is new travels.

A reader at home must never find a record in the journal whose files are not there. So the length of the journal is
noted first, then all other files come, and then the journal is continued up to that length: what it names was there
before it was noted. It is continued in whole lines, since a driver that goes on cuts off a torn one.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from search.cluster.errors import ClusterError
from search.cluster.link import Link, RemoteFailed
from search.runs.layout import RunLayout
from search.runs.lease import Holder, Origin, write_origin
from search.runs.requests import pending
from search.training.cache_folder import cached_for, locked

WEIGHTS = "checkpoint-*.pt"

STAY = (".*.partial", "driver.json", "driver.lock", "/fetched.json", "/study.journal", "/requests/*.json")
"""What is of that machine alone, is half written, or comes in another way."""

HEAD = 4096
"""Bytes by which two journals are told apart: a study begins with its name and id."""

LOOK = r"""
cd "$1" 2>/dev/null || exit 95
[ -f plan.yaml ] || exit 95
echo "$(stat -c %s study.journal 2>/dev/null || echo 0)"
head -c "$2" study.journal 2>/dev/null | sha256sum | cut -d' ' -f1
echo "$(tr -d '\n' < storage.json 2>/dev/null)"
if [ -f driver.lock ] && ! flock -n -s driver.lock true; then tr -d '\n' < driver.json; fi
exit 0
"""
NO_RUN = 95


class NoRun(ClusterError):  # noqa: N818 (says what is the case)
    """There is no such run; a search that has just begun may not have made it yet."""


@dataclass(frozen=True)
class Fetched:
    """What was brought home: where it is, new bytes of the journal, who drives the run there (or None)."""

    folder: Path
    new: int
    driver: Holder | None


def one_at_a_time(folder: Path) -> AbstractContextManager[None]:
    """Let one process and thread fetch into a folder: two at once would both continue its journal.

    The lock lies in the cache, since the folder of a run that is refused is not made.
    """
    return locked(cached_for("fetches", str(folder.resolve())))


def fetch_ssh(link: Link, run: str, folder: Path, *, cluster: str, weights: bool = False) -> Fetched:
    """Bring a run home, or what is new of it.

    Args:
        link: to the head.
        run: the run's folder there.
        folder: of the run here; made where it is missing.
        cluster: the name of the cluster file, for whoever looks at the run.
        weights: checkpoints, too.

    Raises:
        LinkLost: the head does not answer; what is here is whole.
        ClusterError: there is no such run, or another one is here under its name.
    """
    if "://" in run:
        raise ClusterError(f"{run}: this run lies in a bucket: fetch it by its address, without --cluster")
    layout = RunLayout(folder)
    with one_at_a_time(folder):
        have = layout.journal.stat().st_size if layout.journal.is_file() else 0
        size, driver = _look(link, run, layout, have)
        _hand_over(link, run, layout)
        _copy(link, run, folder, weights=weights, plan=layout.plan.is_file())
        new = _continue(link, f"{run}/study.journal", layout.journal, have, size)
        if not layout.plan.is_file():  # a run is seen by its plan: it comes last
            _copy(link, run, folder, weights=weights, plan=True)
        write_origin(layout, Origin(run, link.login.place, cluster, time.time(), driver))
    return Fetched(folder, new, driver)


def _look(link: Link, run: str, layout: RunLayout, have: int) -> tuple[int, Holder | None]:
    """Return how long the journal is there, and who drives the run; refuse another run of the same name."""
    journal, length = layout.journal, min(have, HEAD)
    try:
        said = link.run(["bash", "-c", LOOK, "look", run, str(length)], patience=30.0)
    except RemoteFailed as error:
        if error.code == NO_RUN:
            raise NoRun(f"{link.login.place}: there is no run in {run}") from error
        raise
    size, mark, study, *rest = said.decode().splitlines()
    if not (_continues(journal, length, mark, int(size) - have) and _same_study(layout.storage, study)):
        raise ClusterError(
            f"{layout.root}: another run of that name is here already, not the one of {link.login.place}: "
            "move it away, or fetch into another --runs-dir"
        )
    return int(size), _driver(rest[0]) if rest else None


def _continues(journal: Path, length: int, mark: str, more: int) -> bool:
    """Tell whether a journal there, of which a part has this mark, begins as the one here, and is not shorter."""
    if not length:
        return True
    with journal.open("rb") as file:
        return more >= 0 and hashlib.sha256(file.read(length)).hexdigest() == mark


def _same_study(ours: Path, theirs: str) -> bool:
    """Tell whether a run there keeps its study where the one here does, by the run's id: it has no journal then."""
    try:
        text = ours.read_text(encoding="utf-8")
    except FileNotFoundError:
        return True
    try:
        return bool(json.loads(text)["run"] == json.loads(theirs)["run"])
    except (ValueError, KeyError, TypeError):
        return False


def _driver(text: str) -> Holder | None:
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError):
        return None


def _hand_over(link: Link, run: str, layout: RunLayout) -> None:
    """Take to the driver there what was asked of it here; its answers come home with the other files.

    It gets the time at which it arrives, since `Lease.older` compares it with files of the head's clock.
    """
    asked = [str(path) for path in pending(layout)]
    if asked:
        link.run(["mkdir", "-p", f"{run}/requests"])
        link.rsync(["--no-times", "--remove-source-files", *asked, link.place_of(f"{run}/requests/")])


def _copy(link: Link, run: str, folder: Path, *, weights: bool, plan: bool) -> None:
    """Copy all files but the journal."""
    folder.mkdir(parents=True, exist_ok=True)
    stay = [*STAY, *([] if weights else [WEIGHTS]), *([] if plan else ["/plan.yaml"])]
    link.rsync([*(f"--exclude={one}" for one in stay), link.place_of(f"{run}/"), f"{folder}/"])


def _continue(link: Link, there: str, journal: Path, have: int, size: int) -> int:
    """Append to the journal here what it has more there, up to a size; return how many bytes."""
    if size <= have:
        return 0
    script = 'tail -c "+$2" "$1" | head -c "$3"'
    more = link.run(["bash", "-c", script, "more", there, str(have + 1), str(size - have)], patience=600.0)
    whole = more[: more.rfind(b"\n") + 1]
    with journal.open("ab") as file:
        file.write(whole)
    return len(whole)
