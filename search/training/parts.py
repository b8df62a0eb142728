"""The settings of one trial, checked and given to the parts that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from search.plan.registry import did_you_mean, settings_of
from search.plan.trial_config import Value
from search.training.augmentations import Pipeline, pipeline
from search.training.auxiliary import AUXILIARY
from search.training.errors import SettingsError
from search.training.mirrored import Mirrored
from search.training.one_logit import OneLogit
from search.training.recipe import Recipe
from search.training.rescaled import GREATEST_VALUE, Rescaled
from search.training.schedules import with_past
from search.training.transfer import Pretrained, Transfer
from search.training.vocabulary import SELECTORS, vocabulary


@dataclass(frozen=True)
class Parts:
    """The exchangeable parts that a trial has chosen, each with its settings."""

    settings: Mapping[str, Value]
    recipe: Recipe

    @classmethod
    def of(cls, settings: Mapping[str, Value]) -> Parts:
        """Complete and check a trial's settings.

        Args:
            settings: flat; what is absent takes its default, what does not apply is left out.

        Raises:
            SettingsError: names or values that the vocabulary does not allow, all of them at once.
        """
        words = vocabulary()
        unknown = [
            f"no setting is called {name!r}{did_you_mean(name, words.names())}"
            for name in settings
            if name not in words.names()
        ]
        complete = words.complete(settings)
        wrong = [
            f"{setting.name} is {complete[setting.name]!r}, expected {mistake}"
            for setting in words.settings
            if setting.name in complete and setting.applies_to(complete)
            if (mistake := setting.mistake(complete[setting.name]))
        ]
        if unknown or wrong:
            raise SettingsError("; ".join([*unknown, *wrong]))
        names = {setting.name for setting in settings_of(Recipe)}
        return cls(complete, Recipe(**{name: complete[name] for name in names}))  # type: ignore[arg-type]

    def model(self, shape: tuple[int, int, int], classes: int, *, training: bool = False) -> nn.Module:
        """Build the architecture for images (C, H, W), with what the recipe wraps around it.

        However that is, it takes standardised images and returns a logit for each class. Only for ``training`` it has
        the auxiliary classifiers that the trial may ask for, and returns their logits, too, in training mode.
        """
        one_logit = classes == 2 and self.settings["loss"] == "binary_cross_entropy"
        outputs, pretrained = 1 if one_logit else classes, self.pretrained(shape, training=training)
        build = pretrained.model if pretrained else partial(self._architecture(training), shape)
        module: nn.Module = build(outputs)
        if one_logit:
            module = OneLogit(module)
        if (
            self.recipe.normalization != "standard" and not pretrained
        ):  # those weights have a scale of their own
            greatest = GREATEST_VALUE[self.recipe.normalization]
            module = Rescaled(module, channels=shape[0], greatest=greatest)
        return Mirrored(module) if self.recipe.test_time_flip else module

    def pretrained(self, shape: tuple[int, int, int], *, training: bool = True) -> Pretrained | None:
        """Return how the model begins with other images' weights; None where it begins with random ones.

        Args:
            shape: (C, H, W) of the images.
            training: as of `model`.

        Raises:
            WeightsError: there are none that it could begin with.
        """
        transfer = Transfer.of(self.settings)
        if transfer is None:
            return None
        return Pretrained(transfer, str(self.settings["architecture"]), self._architecture(training), shape)

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        """Build the optimizer over a model's parameters."""
        optimizer: torch.optim.Optimizer = self._part("optimizer")(model.parameters())
        return optimizer

    def schedule(self) -> Callable[[int, int, Sequence[float]], float]:
        """Return the schedule's factor as a function of (step, steps, values of the finished epochs)."""
        return with_past(self._part("schedule"))

    def loss(self) -> Callable[..., Tensor]:
        """Return the training loss as a function of (logits, targets, maybe weights of the images)."""
        return self._part("loss")

    def augment(self) -> Pipeline:
        """Return the augmentations that are on."""
        return pipeline(self.settings)

    def _architecture(self, training: bool) -> Callable[..., nn.Module]:
        build = self._part("architecture")
        has_them = AUXILIARY in build.keywords
        return partial(build, **{AUXILIARY: 0.0}) if has_them and not training else build

    def _part(self, selector: str) -> partial[Any]:
        entry = SELECTORS[selector][0][str(self.settings[selector])]
        return partial(entry.build, **entry.arguments(self.settings))
