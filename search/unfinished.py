"""Trials that a search has cut off while they were better than its winner: completed ones rank before them."""

from __future__ import annotations

from search.runs.run import Run, Trial


def unfinished_text(run: Run, go_on: str) -> str:
    """Return a line about the trials that wait to go on and are better than the completed one ahead of them.

    Args:
        run: whose search has ended for now, by its time budget or a signal.
        go_on: the command that goes on with it.

    Returns:
        The line; empty where there is no such trial.
    """
    better = _better_than_the_best(run)
    if not better:
        return ""
    first, others = better[0], len(better) - 1
    more = f" and {others} more such trial{'s' * (others > 1)}" if others else ""
    return (
        f"Trial {first.number}, cut off after {first.epochs} of {run.plan.budget.epochs} epochs, had "
        f"{first.score:.4f}: `{go_on}` goes on with it{more}."
    )


def _better_than_the_best(run: Run) -> list[Trial]:
    """Return the interrupted trials whose score is better than the winner's, best first.

    One that pauses at a rung is not among them: whether it goes on is for the scheduler to say.
    """
    best = run.best()
    if best is None or best.score is None or best.status != "completed":
        return []
    waiting = [one for one in run.ranking() if one.status == "waiting" and one.record.paused_at is None]
    better = [one for one in waiting if one.score is not None and run.scoring.better(one.score, best.score)]
    return sorted(better, key=lambda one: one.score or 0.0, reverse=run.scoring.maximize)
