"""Checkpoints in the middle of an epoch: of which trials there is one, and from which a trial goes on.

A worker whose node is taken back leaves one (`search.tuning.leaving`). The record knows nothing of it: it is needed
until the next epoch of its trial is recorded, and where it is lost the trial goes on from its last whole epoch.
"""

from __future__ import annotations

from search.runs.layout import RunLayout
from search.runs.record import TrialRecord


class Partials:
    """Where trials go on in the middle of an epoch.

    Args:
        layout: of the run.
    """

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self._at: dict[int, str] = {}

    def add(self, number: int, relative: str) -> None:
        """A worker has left a trial in the middle of an epoch; a checkpoint from earlier in that epoch goes.

        Args:
            number: of the trial.
            relative: path of the checkpoint, to the run's folder.
        """
        self._at[number] = relative
        self._delete(number, but=relative)

    def of(self, known: TrialRecord) -> str | None:
        """Return the checkpoint from which a trial goes on in the middle of an epoch, relative to the run's folder.

        One that was left by an earlier attempt than the one whose epoch is recorded belongs to other weights, if
        only by rounding; it goes, as does one of another epoch.

        Args:
            known: the trial.

        Returns:
            None where the trial goes on from its last whole epoch, or from the start.
        """
        number = known.number
        # A worker's word comes first: a network file system may show its folder to the driver half a minute later.
        if number not in self._at:
            since = known.last.attempt if known.last else 1
            found = [attempt.partial(known.step) for attempt in self._layout.trial(number).attempts()]
            fitting = [path for path in found if int(path.parent.name) >= since and path.is_file()]
            if fitting:
                self._at[number] = self._layout.relative(fitting[-1])
            self._delete(number, but=self._at.get(number))
        return self._at.get(number)

    def finished(self, number: int) -> None:
        """The epoch of a trial is recorded in the middle of which it may have been left."""
        if self._at.pop(number, None) is not None:
            self._delete(number)

    def _delete(self, number: int, *, but: str | None = None) -> None:
        for attempt in self._layout.trial(number).attempts():
            for path in attempt.partials():
                if self._layout.relative(path) != but:
                    path.unlink(missing_ok=True)
