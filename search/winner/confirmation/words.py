"""What a confirmation found, in sentences: for the terminal and for the dashboard."""

from __future__ import annotations

from search.winner.confirmation.document import Candidate, Confirmation
from search.winner.confirmation.estimate import Estimate


def sentences(found: Confirmation) -> list[str]:
    """Return what was found, the most important first."""
    best, second = found.candidate(found.winner), found.runner_up
    said = []
    if found.test is not None:
        said.append(f"Expected accuracy on new images: {_estimate(found.test, 'test')}.")
    said += [f"The same models on the validation images: {_estimate(found.validation, 'validation')}."]
    said += [_optimism(found)]
    if len(found.candidates) > 1:
        said.append(
            f"It is the best of {len(found.candidates)} candidates with a probability of {best.chance:.0%}."
        )
    if second is not None:
        said.append(f"The runner-up is trial {second.trial}{_behind(second)}.")
    return [*said, *(_cheaper(one, best) for one in found.cheaper())]


def warnings(found: Confirmation) -> list[str]:
    """Return what lessens the worth of the figures."""
    said = []
    if found.test is None:
        said.append(
            "This data set has no test images: the figure is of the validation images, which have also chosen the "
            "winner, so it may be a little too high."
        )
    others = {int(trial): count for trial, count in found.looked.items() if int(trial) != found.winner}
    if others:
        seen = ", ".join(f"{count} of trial {trial}" for trial, count in others.items())
        said.append(
            f"The test images were looked at before, by models of other trials ({seen}): they have taken part in a "
            "choice, so the figure on them may be too high."
        )
    more = found.looked.get(str(found.winner), 0) - (found.test.seeds if found.test else 0)
    if more > 0:
        said.append(f"The test images were looked at before, by {more} other models of this trial.")
    return said


def _estimate(found: Estimate, split: str) -> str:
    """Return an accuracy with all that it rests on."""
    seeds = f"{found.seeds} {'seeds' if found.seeds > 1 else 'seed'}"
    spread = f", standard deviation {found.sd:.4f} between seeds" if found.seeds > 1 else ""
    only = "" if found.any_seed else "; of this one model: other seeds vary beyond it"
    interval = f"95 % interval {found.low:.4f} to {found.high:.4f}"
    return f"{found.mean:.4f} ({interval}; {found.images:,} {split} images, {seeds}{spread}{only})"


def _optimism(found: Confirmation) -> str:
    saw = (
        f"The search saw {found.metric} {found.search_score:.4f}, new seeds reach {found.confirmed_score:.4f}"
    )
    if found.optimism > 0:
        return f"{saw}: {found.optimism:.4f} too good, since the best of many is the best partly by luck."
    return f"{saw}: it was not too hopeful."


def _behind(one: Candidate) -> str:
    if one.behind is None:
        return (
            "; how far behind it is, too few seeds tell"
            if one.validation is not None
            else ", whose trainings failed"
        )
    by = one.behind
    return f", {by.mean:.4f} behind in accuracy (95 % interval {by.low:.4f} to {by.high:.4f})"


def _cheaper(one: Candidate, best: Candidate) -> str:
    """Return why a candidate may be the better choice where size or time counts."""
    saves = []
    if one.parameters <= 0.9 * best.parameters:
        saves.append(f"{one.parameters:,} parameters instead of {best.parameters:,}")
    if one.flops <= 0.9 * best.flops:
        saves.append(f"{one.flops:,} multiplications an image instead of {best.flops:,}")
    return f"Trial {one.trial} is not significantly worse{_behind(one)}, with {' and '.join(saves)}."
