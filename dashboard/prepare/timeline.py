"""Which trial was where and when: stints over the places of workers, and how busy these were.

A worker is one of the places of a device: the processes behind it come and go with every resume, and where each
stint has a process of its own they say nothing. A device has as many places as stints ever ran there at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped]

from dashboard.prepare.reports import CUT_OFF, Floats, Ints
from search.runs.record import Stint, TrialRecord

LASTS = "under way"
"""What stands in the place of an ending while a stint lasts."""

UNKNOWN = "unknown ending"

LONG, MOST_PAUSES = 0.2, 10
"""The share of the working time from which on a pause is left out of the picture, and how many are."""

BINS = 120
"""Of the busy workers over time: some 8 pixels each on a page."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """All stints, by start.

    ``stints`` has the columns trial, attempt, worker (a row of the chart), start and end (seconds since the first
    start), ending, process, epochs (recorded in it) and training (seconds of these). ``workers`` are the names of the
    rows. ``begin`` is the first start in seconds since 1970.
    """

    stints: pd.DataFrame
    workers: tuple[str, ...]
    begin: float

    def of(self, shown: npt.NDArray[np.bool_]) -> Timeline | None:
        """Return the stints of some trials, on the same workers; None where they have none.

        Args:
            shown: (trials,) which.
        """
        kept = self.stints[shown[self.stints["trial"].to_numpy()]]
        return None if kept.empty else Timeline(kept, self.workers, self.begin)


@dataclass(frozen=True)
class Use:
    """How busy the workers were; shares are 0 to 1, of all workers from the first start to the last end.

    ``busy`` is the share of those ``seconds`` in which a worker had a stint, ``active`` the same without the ``paused``
    seconds in which nothing ran at all; ``training`` is the share of the stints' time that epochs took: the rest is
    starting, loading and saving. ``interrupted`` stints were cut off by a crash or the death of the driver.
    """

    seconds: float
    paused: float
    busy: float
    active: float
    training: float
    interrupted: int


def timeline(records: Sequence[TrialRecord], *, now: float) -> Timeline | None:
    """Return the stints of a run; None where none is recorded.

    Args:
        records: all trials.
        now: seconds since 1970; stints that last go on until then.
    """
    known = [(known, stint) for known in records for stint in known.stints]
    if any(stint.node for _, stint in known):  # one that has no node yet waits for one: it is on no worker
        known = [(known, stint) for known, stint in known if stint.node or stint.end is not None]
    if not known:
        return None
    known.sort(key=lambda pair: pair[1].start)
    begin = known[0][1].start
    stints = [stint for _, stint in known]
    start = np.array([stint.start for stint in stints])
    end = np.array([max(now, stint.start) if stint.end is None else stint.end for stint in stints])
    places, workers = lanes(stints, end)
    spent = {record.number: _spent(record) for record in records if record.stints}
    made = pd.DataFrame(
        {
            "trial": [record.number for record, _ in known],
            "attempt": [stint.attempt for stint in stints],
            "worker": places,
            "start": start - begin,
            "end": end - begin,
            "ending": [_ending(stint) for stint in stints],
            "process": [stint.process for stint in stints],
            "epochs": [spent[record.number].get(stint.attempt, (0, 0.0))[0] for record, stint in known],
            "training": [spent[record.number].get(stint.attempt, (0, 0.0))[1] for record, stint in known],
        }
    )
    return Timeline(made, workers, begin)


def _ending(stint: Stint) -> str:
    if stint.ending is not None:
        return stint.ending
    return LASTS if stint.end is None else UNKNOWN


def _spent(known: TrialRecord) -> dict[int, tuple[int, float]]:
    """Return the epochs and the seconds of training of each attempt."""
    spent: dict[int, tuple[int, float]] = {}
    before = 0.0
    for report in known.reports.values():
        epochs, seconds = spent.get(report.attempt, (0, 0.0))
        spent[report.attempt] = epochs + 1, seconds + report.seconds - before
        before = report.seconds
    return spent


def lanes(stints: Sequence[Stint], end: Floats) -> tuple[Ints, tuple[str, ...]]:
    """Give each stint a place of its device such that none overlaps: the first free one, in the order of start.

    Args:
        stints: by start.
        end: of each, in seconds since 1970.

    Returns:
        The row (n,) of each stint, and the names of the rows: devices in the order of their names, the places of
        each counted from 1.
    """
    free: dict[tuple[str, str], list[int]] = {}
    held: dict[tuple[str, str], list[tuple[float, int]]] = {}
    chosen: list[tuple[tuple[str, str], int]] = []
    for stint, until in zip(stints, end.tolist(), strict=True):
        device = stint.host, stint.device
        waiting, running = free.setdefault(device, []), held.setdefault(device, [])
        while running and running[0][0] <= stint.start:
            heapq.heappush(waiting, heapq.heappop(running)[1])
        place = heapq.heappop(waiting) if waiting else len(running)
        heapq.heappush(running, (until, place))
        chosen.append((device, place))
    rows = {key: row for row, key in enumerate(sorted(set(chosen)))}
    counts = {device: sum(key[0] == device for key in rows) for device in held}
    names = tuple(_name(*device, place, counts[device]) for device, place in rows)
    return np.array([rows[key] for key in chosen], dtype=np.int64), names


def _name(host: str, device: str, place: int, of: int) -> str:
    where = " ".join(part for part in (host, device) if part) or "worker"
    return where if of == 1 else f"{where} · {place + 1}"


def use(found: Timeline) -> Use:
    """Return how busy the workers were."""
    start, end = found.stints["start"].to_numpy(), found.stints["end"].to_numpy()
    seconds, ran = float(end.max() - start.min()), covered(start, end)
    worked = float((end - start).sum())
    workers = len(found.workers)
    return Use(
        seconds=seconds,
        paused=max(seconds - ran, 0.0),
        busy=worked / (workers * seconds) if seconds > 0 else 0.0,
        active=worked / (workers * ran) if ran > 0 else 0.0,
        training=min(float(found.stints["training"].sum()) / worked, 1.0) if worked > 0 else 0.0,
        interrupted=int(found.stints["ending"].isin(CUT_OFF).sum()),
    )


def covered(start: Floats, end: Floats) -> float:
    """Return the seconds in which at least one stint ran.

    Args:
        start: (n,), ascending.
        end: (n,) of each.
    """
    reached = np.maximum.accumulate(end)
    fresh = np.maximum(start, np.append(-np.inf, reached[:-1]))
    return float(np.maximum(end - fresh, 0.0).sum())


def pauses(found: Timeline) -> list[tuple[float, float]]:
    """Return the times in which nothing ran at all that would press the others together: from and to, in seconds.

    These are the ones longer than `LONG` of the time in which something ran, the longest `MOST_PAUSES` of them.
    """
    start, end = found.stints["start"].to_numpy(), found.stints["end"].to_numpy()
    reached = np.maximum.accumulate(end)[:-1]
    gap = start[1:] - reached
    long = np.flatnonzero(gap > LONG * covered(start, end))
    longest = np.sort(long[np.argsort(-gap[long])][:MOST_PAUSES])
    return [(float(reached[at]), float(start[at + 1])) for at in longest]


def busy_workers(
    found: Timeline, *, without: Sequence[tuple[float, float]] = (), bins: int = BINS
) -> tuple[Floats, Floats]:
    """Return how many workers were busy over time: the mean of each piece of it.

    Args:
        found: all stints.
        without: pauses, ascending, each one piece; the pieces between them are equally long, about ``bins`` in all.
        bins: how many pieces there are without pauses.

    Returns:
        The ends of the B pieces (B + 1,) in seconds since the first start, and the means (B,).
    """
    start, end = found.stints["start"].to_numpy(), found.stints["end"].to_numpy()
    last = max(float(end.max()), 1e-9)
    begins, ends = [0.0, *(pause[1] for pause in without)], [*(pause[0] for pause in without), last]
    length = max(sum(ends) - sum(begins), 1e-9)
    parts = [
        np.linspace(one, other, max(1, round(bins * (other - one) / length)) + 1)
        for one, other in zip(begins, ends, strict=True)
    ]
    edges = np.unique(np.concatenate(parts))  # between two pauses there may be a stint of no length
    # Seconds of work before each edge: all stints' clipped lengths, by sorted starts and ends.
    before = _worked_before(np.sort(start), edges) - _worked_before(np.sort(end), edges)
    return edges, np.diff(before) / np.diff(edges)


def _worked_before(moments: Floats, edges: Floats) -> Floats:
    """Return the sum of max(edge - moment, 0) over all moments (ascending), for each edge."""
    sums = np.append(0.0, np.cumsum(moments))
    count = np.searchsorted(moments, edges)
    worked: Floats = count * edges - sums[count]
    return worked
