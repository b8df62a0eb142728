"""Whether the pretrained networks of a space can begin: their weights are here, or come, and fit; before any trial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import torch

from search.plan.mistake import Mistake, PlanError, shown
from search.plan.model import Plan
from search.plan.trial_config import TrialConfig, Value
from search.plan.vocabulary import Vocabulary
from search.training.architectures import architectures
from search.training.data import Data
from search.training.errors import WeightsError
from search.training.parts import Parts
from search.training.transfer import TRANSFER
from search.training.transfer.settings import PUBLISHED
from search.tuning.corners import corners


@dataclass(frozen=True)
class TransferReport:
    """``mistakes`` say which weights cannot be used (their keys start with `space.`), ``notes`` at which size they see
    the images.
    """

    mistakes: tuple[Mistake, ...]
    notes: tuple[str, ...]


def check_transfer(plan: Plan, configs: Iterable[TrialConfig], data: Data) -> TransferReport:
    """Begin each pretrained network once, on the meta device: its file is read, and fetched where it must be.

    Args:
        plan: whose space may name further files.
        configs: points of its space.
        data: its images.
    """
    distinct = _distinct(_with_each_file(plan, configs))
    mistakes = dict.fromkeys(found for config in distinct for found in _mistakes(config, data))
    notes = dict.fromkeys(note for config in distinct for note in _notes(config, data))
    return TransferReport(tuple(mistakes), tuple(notes))


def refuse_transfer(plan: Plan, vocabulary: Vocabulary, data: Data) -> None:
    """Refuse a plan whose pretrained networks cannot begin: each of their trials would fail, one after the other.

    Args:
        plan: of a search that is about to begin, or to go on.
        vocabulary: completes the points of its space.
        data: its images.

    Raises:
        PlanError: the weights are missing, or another architecture's; without places in the file.
    """
    if TRANSFER not in plan.space.names():
        return
    configs = (plan.trial_config(point, seed=plan.seed, vocabulary=vocabulary) for point in corners(plan))
    refuse_weights(_with_each_file(plan, configs), data)


def refuse_weights(configs: Iterable[TrialConfig], data: Data) -> None:
    """Refuse trainings whose pretrained networks cannot begin.

    Args:
        configs: what is to be trained, as it stands.
        data: their images.

    Raises:
        PlanError: the weights of some are missing, or another architecture's; without places in a file.
    """
    mistakes = dict.fromkeys(found for config in _distinct(configs) for found in _mistakes(config, data))
    if mistakes:
        raise PlanError(mistakes)


def _with_each_file(plan: Plan, configs: Iterable[TrialConfig]) -> Iterator[TrialConfig]:
    """Yield the points with each of the files that the space names, also where they have another of them."""
    domains = [parameter.domain for parameter in plan.space.parameters if parameter.name == "weights"]
    for config in filter(_is_pretrained, configs):
        files = domains[0].values() if domains else [config.settings["weights"]]
        for file in files:
            yield replace(config, settings={**config.settings, "weights": file})


def _distinct(configs: Iterable[TrialConfig]) -> list[TrialConfig]:
    """Return the pretrained ones among some configurations, one for all whose weights fit alike."""
    found: dict[tuple[Value, ...], TrialConfig] = {}
    for config in filter(_is_pretrained, configs):
        found.setdefault(_identity(config), config)
    return list(found.values())


def _is_pretrained(config: TrialConfig) -> bool:
    return bool(config.settings.get(TRANSFER))


def _identity(config: TrialConfig) -> tuple[Value, ...]:
    """Return what decides whether weights fit: real numbers, such as a dropout, change no shape."""
    own = architectures[str(config.settings["architecture"])].settings
    names = ["architecture", "weights", "input_size", *(s.name for s in own if s.kind != "float")]
    return tuple(config.settings.get(name) for name in names)


def _mistakes(config: TrialConfig, data: Data) -> Iterator[Mistake]:
    try:
        pretrained = Parts.of(config.settings).pretrained(data.shape)
        assert pretrained is not None
        with torch.device("meta"):
            model = pretrained.model(len(data.classes))
        pretrained.begin(model, data.mean, data.std)
    except WeightsError as error:
        weights, architecture = config.settings["weights"], config.settings["architecture"]
        key, value = ("pretrained", True) if weights == PUBLISHED else ("weights", weights)
        yield Mistake(
            key=f"space.{key}",
            found=f"{shown(value)} with {architecture}",
            expected="weights that it can begin with",
            hint=str(error),
        )


def _notes(config: TrialConfig, data: Data) -> Iterator[str]:
    try:
        pretrained = Parts.of(config.settings).pretrained(data.shape)
    except WeightsError:  # told as a mistake
        return
    assert pretrained is not None
    if note := pretrained.size_note():
        yield note
