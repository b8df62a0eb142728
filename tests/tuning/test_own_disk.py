"""Images that do not come to a node: its own disk, the way to it, or the images themselves are to blame."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from search.training.data.cache import received
from search.training.errors import DataError
from search.tuning.assignment import Assignment
from search.tuning.machine_faults import MachineError
from search.tuning.stint import StintRunner
from search.tuning.transport import OwnSupplies
from search.tuning.vocabulary import vocabulary
from tests.inprocess import plan_in

ENTRY = "digits-0123456789abcdef"


class Refused(OwnSupplies):
    """Images come as from a courier, and an error comes instead."""

    def __init__(self, error: OSError, cache: Path) -> None:
        self._error, self._cache = error, cache

    def images(self, entry: str) -> None:
        """Receive them."""

        def refuse(_: Path) -> None:
            raise self._error

        received(entry, refuse, self._cache)


@contextmanager
def runner(folder: Path, error: OSError) -> Iterator[StintRunner]:
    config = plan_in(folder).trial_config(
        {
            "architecture": "cnn",
            "layers": 1,
            "width": 4,
            "dense_units": 8,
            "optimizer": "adam",
            "learning_rate": 0.01,
        },
        seed=0,
        vocabulary=vocabulary(),
    )
    (folder / "run").mkdir()
    (folder / "run" / "plan.yaml").touch()
    assignment = Assignment(str(folder / "run"), 0, 1, config, images=ENTRY)
    with closing(StintRunner(assignment, device="cpu", supplies=Refused(error, folder / "cache"))) as made:
        yield made


def of_the_driver(number: int) -> OSError:
    """Return an error as the courier's answer brings it."""
    error = OSError(number, os.strerror(number))
    error.__cause__ = RuntimeError("of Ray")
    return error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO])
def test_a_nodes_own_disk_counts_as_a_crash_there(tmp_path: Path, number: int) -> None:
    said = f"own disk: {os.strerror(number)}.*WINNOW_CACHE"
    with (
        runner(tmp_path, OSError(number, os.strerror(number))) as made,
        pytest.raises(MachineError, match=said),
    ):
        made.step()


def test_a_driver_that_is_out_of_reach_is_an_outage(tmp_path: Path) -> None:
    with runner(tmp_path, of_the_driver(errno.ENOTCONN)) as made:
        said = made.step()
    assert (said.no_fault, said.failure) == (os.strerror(errno.ENOTCONN), "")


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES])
def test_images_that_the_driver_lacks_end_the_search(tmp_path: Path, number: int) -> None:
    with runner(tmp_path, of_the_driver(number)) as made:
        said = made.step()
    assert said.no_fault.startswith(f"cannot take the images {ENTRY} over")
    assert said.failure == ""


def test_damaged_images_end_the_search(tmp_path: Path) -> None:
    with runner(tmp_path, OSError()) as made:
        made._supplies = Damaged()
        assert made.step().no_fault == "damaged on their way"


class Damaged(OwnSupplies):
    """Images come damaged."""

    def images(self, entry: str) -> None:
        """Refuse."""
        raise DataError("damaged on their way")
