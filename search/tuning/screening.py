"""What a plan wants to know of a configuration before it is trained, as one call for the Policy."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping

from search.plan.model import Plan
from search.plan.trial_config import TrialConfig, Value
from search.plan.vocabulary import Vocabulary
from search.runs.record import TrialRecord
from search.training.attributes import LATENCY, attributes
from search.training.data import Data
from search.training.latencies import Latencies

log = logging.getLogger("search")


def screening(
    plan: Plan,
    vocabulary: Vocabulary,
    data: Data,
    *,
    past: Iterable[TrialRecord] = (),
    device: str = "auto",
) -> Callable[[Mapping[str, Value]], Mapping[str, float]] | None:
    """Return what measures a point of the plan's space; None where the plan has neither constraints nor goals.

    Args:
        plan: says what is asked for.
        vocabulary: completes a point.
        data: the images' shape and classes.
        past: trials of the same search, in their order: a network keeps the latency that it was given first.
        device: where trials train.

    Returns:
        A function from a point to all attributes that the plan names. NaN is a figure that was not measured:
        the latency of a configuration that is rejected anyway, and everything of one that cannot be built,
        which then fails as a trial with its reason.
    """
    if not plan.attributes:
        return None
    latencies = Latencies(data.shape, len(data.classes), device=device)
    screen = _Screen(plan, vocabulary, data, latencies)
    for trial in past:
        if math.isfinite(trial.attributes.get(LATENCY, math.nan)):
            latencies.remember(screen.config(trial.point), trial.attributes[LATENCY])
    return screen


class _Screen:
    """Measures points, with the latencies that it has measured so far."""

    def __init__(self, plan: Plan, vocabulary: Vocabulary, data: Data, latencies: Latencies) -> None:
        self._plan, self._vocabulary, self._data, self._latencies = plan, vocabulary, data, latencies

    def config(self, point: Mapping[str, Value]) -> TrialConfig:
        return self._plan.trial_config(point, self._plan.seed, self._vocabulary)

    def __call__(self, point: Mapping[str, Value]) -> Mapping[str, float]:
        found = dict.fromkeys(self._plan.attributes, math.nan)
        try:
            found |= self._measured(point, {*found} - {LATENCY})
            if LATENCY in found and not self._rejected(found):
                found |= self._measured(point, {LATENCY})
        # A network of a plugin can raise anything, and the device be out of memory: no reason to end a search.
        except Exception as error:
            log.warning("the attributes of %s cannot be measured, so it is let in: %s", dict(point), error)
        return found

    def _measured(self, point: Mapping[str, Value], names: set[str]) -> dict[str, float]:
        shape, classes = self._data.shape, len(self._data.classes)
        return attributes(self.config(point), shape, classes, names, latency=self._latencies)

    def _rejected(self, found: Mapping[str, float]) -> bool:
        return any(each.violation(found[each.attribute]) > 0 for each in self._plan.constraints)
