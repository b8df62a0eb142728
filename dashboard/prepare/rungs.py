"""The ladder: who stood at which rung, what became of them there, the cut-offs then and now, who missed by how much."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from dashboard.prepare.ends import short
from dashboard.prepare.reports import Floats
from search.runs.record import RecordedReport, RungDecision, TrialRecord
from search.runs.run import Run

Fate = Literal["went on", "stopped", "waiting", "let live", "spared"]
FATES: tuple[Fate, ...] = get_args(Fate)
"""``let live``: condemned, and of the control group. ``spared``: no trial was better in every objective."""

COLUMNS: Mapping[str, str] = {
    "trial": "int64",
    "bracket": "int64",
    "rung": "int64",
    "step": "int64",
    "value": "float64",
    "mean": "float64",
    "cutoff": "float64",
    "standing": "int64",
    "fate": "object",
    "stands": "bool",
}
"""What is read off the records, and as which type."""


@dataclass(frozen=True, eq=False)
class Ladder:
    """Who stood where.

    ``arrivals`` has a row for each trial at each rung, by bracket, rung and arrival, with the columns trial, bracket,
    rung, step, value (what was compared), mean (of the trial's values so far), cutoff (then; NaN without one),
    standing (how many had come by then), fate, stands (False: of the control group, which later rungs leave out),
    place and of (now, 1 is the best; NaN where it does not stand), now (today's cut-off; NaN without one), missed (by
    how much a trial that did not go on fell short of the cut-off then, else of today's; above 0 is short of it).
    ``rungs`` has a row for each rung of each bracket, with bracket, rung, trials, went on, stopped, waiting, let live,
    spared, cutoff (now), pass_now and fail_now (stopped ones that would pass, others that would not).
    """

    arrivals: pd.DataFrame
    rungs: pd.DataFrame
    scheduler: str

    @property
    def brackets(self) -> list[int]:
        """The brackets, ascending."""
        return sorted(int(bracket) for bracket in self.rungs["bracket"].unique())


def none_text(run: Run) -> str:
    """Return why there are no rungs to show."""
    name = run.plan.scheduler.name
    if run.foreign:
        return "These logs were written by another program: they do not say who was compared, and at which epochs."
    if name == "none":
        return "This search compares no trials on the way: each one is trained to its end (scheduler: none)."
    return f"No trial has come to a rung yet. The scheduler is {name}."


def epochs(ladder: Ladder, horizon: int) -> tuple[int, ...]:
    """Return the rungs of all brackets and the horizon, ascending: values at equal epochs compare."""
    return tuple(sorted({*ladder.rungs["rung"].tolist(), horizon}))


def bracket_text(ladder: Ladder, bracket: int) -> str:
    """Return a bracket's name, with its rungs: `bracket 1: epochs 3, 9; 12 trials`."""
    rows = ladder.rungs[ladder.rungs["bracket"] == bracket]
    listed = ", ".join(map(str, rows["rung"]))
    return f"bracket {bracket}: epochs {listed}; {int(rows['trials'].max()):,} trials"


def missed(arrivals: pd.DataFrame) -> pd.DataFrame:
    """Return the trials that did not go on, the narrowest miss first."""
    out = arrivals[arrivals["fate"].isin(["stopped", "waiting", "let live"])]
    columns = ["trial", "rung", "fate", "value", "cutoff", "missed", "standing", "now", "place", "of"]
    return out.sort_values("missed", ignore_index=True)[columns]


ROOM = 1.5
"""Of the height from the worst cut-off to the best value, below that cut-off: what is seen of the ladder at first, and
three quarters of all arrivals in any case."""


def window(arrivals: pd.DataFrame, *, maximize: bool) -> tuple[tuple[float | None, float | None], int]:
    """Return which values to show at first, so that the cut-offs can be told apart, and how many lie outside.

    Args:
        arrivals: as drawn.
        maximize: larger values are better.

    Returns:
        From and to, None for all on that side; and a number of arrivals.
    """
    sign = 1.0 if maximize else -1.0
    values = sign * arrivals["value"].to_numpy()
    cutoffs = sign * arrivals[["cutoff", "now"]].to_numpy()
    if not np.isfinite(cutoffs).any():
        return (None, None), 0
    worst = float(np.nanmin(cutoffs))
    end = worst - ROOM * (float(np.nanmax(values)) - worst)
    end = min(end, float(np.nanquantile(values, 0.25)))
    end = short(end, float(np.nanmax(values)) - end)
    outside = int((values < end).sum())
    if not outside:
        return (None, None), 0
    return ((end, None) if maximize else (None, -end)), outside


def ladder(run: Run) -> Ladder:
    """Return the ladder of a run; one without rows where nobody has come to a rung."""
    best_so_far = run.scoring.at_best or run.plan.scheduler.name == "median"
    sign = 1.0 if run.scoring.maximize else -1.0
    records = [trial.record for trial in run.trials]
    rows = [row for known in records for row in _rows(known, sign, best_so_far=best_so_far)]
    arrivals = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    arrivals = arrivals.sort_values(["bracket", "rung", "standing", "trial"], ignore_index=True)
    entered = pd.Series([known.bracket for known in records], dtype=np.int64).value_counts()
    arrivals = _placed(arrivals, sign)
    now = cutoffs_now(
        arrivals, run.plan.scheduler.name, run.plan.scheduler.settings, entered=dict(entered), sign=sign
    )
    arrivals["now"] = _looked_up(arrivals, now)
    out = arrivals["fate"].isin(["stopped", "waiting", "let live"])
    aim = arrivals["cutoff"].where(arrivals["cutoff"].notna(), arrivals["now"])
    arrivals["missed"] = (sign * (aim - arrivals["value"])).where(out)
    return Ladder(arrivals, _summary(arrivals, now, sign), run.plan.scheduler.name)


def _rows(known: TrialRecord, sign: float, *, best_so_far: bool) -> Iterator[tuple[Any, ...]]:
    """Yield a trial's rungs in the order of `COLUMNS`."""
    decided = [report for report in known.reports.values() if report.rungs]
    if not decided:
        return
    steps, values = np.array([*known.values]), np.array([*known.values.values()], dtype=np.float64)
    best = sign * np.fmax.accumulate(sign * values) if best_so_far else values
    condemned = min((rung.rung for one in decided for rung in one.rungs if rung.audited), default=math.inf)
    for report in decided:
        at = int(np.searchsorted(steps, report.step))
        finite = values[: at + 1][np.isfinite(values[: at + 1])]
        mean = float(finite.mean()) if len(finite) else math.nan
        for rung in report.rungs:
            cutoff = math.nan if rung.cutoff is None else rung.cutoff
            fate = fate_of(known, report, rung)
            stands = rung.rung <= condemned
            yield (
                known.number,
                rung.bracket,
                rung.rung,
                report.step,
                best[at],
                mean,
                cutoff,
                rung.standing,
                fate,
                stands,
            )


def fate_of(known: TrialRecord, report: RecordedReport, rung: RungDecision) -> Fate:
    """Return what became of a trial at a rung, after its report there."""
    if rung.audited:
        return "let live"
    if rung.front:
        return "spared"
    if rung.keep or known.step > report.step:
        return "went on"
    if report.decision == "pause" and known.status in ("waiting", "running"):
        return "waiting" if known.attempt == report.attempt else "went on"
    return "stopped"


def _placed(arrivals: pd.DataFrame, sign: float) -> pd.DataFrame:
    """Add the place of each trial among those that stand at its rung now; ties share the better one."""
    standing = (sign * arrivals["value"]).where(arrivals["stands"])
    groups = standing.groupby([arrivals["bracket"], arrivals["rung"]])
    return arrivals.assign(
        place=groups.rank(method="min", ascending=False),
        of=groups.transform("count").where(arrivals["stands"]),
    )


def cutoffs_now(
    arrivals: pd.DataFrame,
    scheduler: str,
    settings: Mapping[str, Any],
    *,
    entered: Mapping[int, int],
    sign: float,
) -> pd.Series:
    """Return today's cut-off of each rung of each bracket, by (bracket, rung); NaN where nobody may go on yet.

    ASHA: the value of the last of the best ⌊n / reduction_factor⌋ of the n that stand there. Hyperband: the same of
    ⌊n / reduction_factor^(k + 1)⌋ at the k-th rung of a bracket that n entered. Median stopping: the median of the
    running means. See `search/tuning/schedulers`.

    Args:
        arrivals: of all rungs.
        scheduler: its name in the plan.
        settings: its settings in the plan.
        entered: trials that entered each bracket.
        sign: 1 where larger values are better, else -1.
    """
    factor = int(settings.get("reduction_factor", 3))  # the default of both schedulers
    found: list[tuple[int, int, float]] = []
    position: dict[int, int] = {}
    for key, rows in arrivals[arrivals["stands"]].groupby(["bracket", "rung"]):
        bracket, rung = int(key[0]), int(key[1])
        position[bracket] = position.get(bracket, 0) + 1
        places = len(rows) // factor
        if scheduler == "hyperband":
            places = entered.get(bracket, 0) // factor ** position[bracket]
        cutoff = math.nan
        if scheduler == "median":
            cutoff = float(rows["mean"].median())
        elif scheduler in ("asha", "hyperband") and 0 < places <= len(rows):
            cutoff = float(sign * -np.sort(-sign * rows["value"])[places - 1])
        found.append((bracket, rung, cutoff))
    made = pd.DataFrame(found, columns=["bracket", "rung", "cutoff"]).astype({"cutoff": "float64"})
    return made.set_index(["bracket", "rung"])["cutoff"]


def _looked_up(arrivals: pd.DataFrame, now: pd.Series) -> Floats:
    keys = pd.MultiIndex.from_frame(arrivals[["bracket", "rung"]])
    found: Floats = now.reindex(keys).to_numpy(dtype=np.float64)
    return found


def _summary(arrivals: pd.DataFrame, now: pd.Series, sign: float) -> pd.DataFrame:
    keys = [arrivals["bracket"], arrivals["rung"]]
    fates = pd.DataFrame({fate: (arrivals["fate"] == fate).astype(np.int64) for fate in FATES})
    counted = fates.groupby(keys).sum()
    passes = sign * arrivals["value"] >= sign * arrivals["now"]
    judged = arrivals["now"].notna() & arrivals["stands"]
    changed = pd.DataFrame(
        {
            "pass_now": judged & passes & (arrivals["fate"] == "stopped"),
            "fail_now": judged & ~passes & (arrivals["fate"] == "went on"),
        }
    )
    sums = changed.groupby(keys).sum()
    made = counted.assign(trials=counted.sum(axis=1), cutoff=now.reindex(counted.index)).join(sums)
    return made.reset_index()
