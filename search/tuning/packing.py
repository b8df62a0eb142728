"""Which share of a GPU a trial gets: measured on the first trial of its kind, not guessed.

The first trial of an architecture and a batch size has a GPU for itself; what it took decides what later ones ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median_low

from search.plan.trial_config import Value
from search.runs.record import Stint, TrialRecord
from search.training.shortage import OF_A_GPU

SHARES = (0.125, 0.25, 0.5, 1.0)
"""Parts of a GPU that add up to a whole one, so that none is left over."""

MARGIN = 1.25
"""So many times what the first trial took must fit: of one architecture and batch size, the widest network (a space
may vary its width), the hungriest optimizer (Adam's two moments instead of none or one) and cuDNN's workspaces differ;
whoever needs still more is tried again on twice the share."""

KIND = ("architecture", "batch_size")
"""The parameters on which a trial's memory depends most."""

OUT_OF_MEMORY = "out of GPU memory"
"""How the reason of a stint begins whose trial is tried again on a larger share."""

Kind = tuple[Value, ...]


class Packing:
    """Learns what trials take of a GPU; everything that it knows stands in the stints of the record.

    Args:
        records: all trials so far.
        least: the smallest share that leaves every trial its CPU cores and its part of the node's memory.
    """

    def __init__(self, records: Iterable[TrialRecord] = (), *, least: float = SHARES[0]) -> None:
        self._least = least
        self._peaks: dict[Kind, int] = {}
        self._total = 0
        for known in records:
            for stint in known.stints:
                self.learn(known.point, stint)

    def learn(self, point: Mapping[str, Value], stint: Stint) -> None:
        """Take note of what a stint took of its GPU; without a measurement (no CUDA) nothing is learned."""
        if stint.gpu_memory <= 0 or stint.gpu_total <= 0 or stint.gpus > 1:
            return
        kind = kind_of(point)
        self._peaks[kind] = max(self._peaks.get(kind, 0), stint.gpu_memory)
        # On GPUs of several sizes the smallest decides: nobody knows on which one a trial will be.
        self._total = min(self._total or stint.gpu_total, stint.gpu_total)

    def share(self, point: Mapping[str, Value], stints: Sequence[Stint] = ()) -> float:
        """Return the share of a GPU that a trial asks for: the smallest that holds it; all of it before a measurement.

        Args:
            point: of the trial.
            stints: that it has had: after one that ran out of memory it asks for twice that share.
        """
        failed = [2 * stint.gpus for stint in stints if stint.reason.startswith(OUT_OF_MEMORY)]
        return max(self._fitting(kind_of(point)), min(1.0, max(failed, default=0.0)))

    def usual(self) -> float:
        """Return the share that the median kind of trial asks for."""
        return median_low([self._fitting(kind) for kind in self._peaks]) if self._peaks else 1.0

    def limit(self, share: float) -> int | None:
        """Return the most bytes that a trial on a share may take of its GPU; None: all of it, or nobody knows."""
        return int(share * self._total) if share < 1 and self._total else None

    def _fitting(self, kind: Kind) -> float:
        if kind not in self._peaks:
            return 1.0
        needed = self._peaks[kind] * MARGIN
        return next((s for s in SHARES if s >= self._least and s * self._total >= needed), 1.0)


def kind_of(point: Mapping[str, Value]) -> Kind:
    """Return what trials of about the same memory have in common."""
    return tuple(point.get(name) for name in KIND)


def lacked_memory(failure: str) -> bool:
    """Tell whether a trial failed since its GPU, or its share of one, was too small."""
    return any(words in failure for words in OF_A_GPU)


def enlarged(share: float) -> str:
    """Say of a stint that ran out of memory what follows."""
    return f"{OUT_OF_MEMORY} on {share:g} of a GPU: tried again on {min(1.0, 2 * share):g}"
