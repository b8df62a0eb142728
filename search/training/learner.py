"""One trial's model, optimizer and random streams over time: trains and evaluates one epoch at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from search.plan.trial_config import TrialConfig
from search.training.averaging import Average
from search.training.batch_loss import BatchLoss
from search.training.building import build_model
from search.training.class_weights import balanced_weights, weighted
from search.training.compiling import compile_errors, compiled
from search.training.data.batches import Batches
from search.training.data.dataset import Data, Split
from search.training.devices import autocast_dtype
from search.training.divergence import refuse_divergence
from search.training.errors import Diverged, Interrupted
from search.training.evaluation import Evaluation, evaluate
from search.training.normalization import Normalization
from search.training.parts import Parts
from search.training.passage import Cut, Passage
from search.training.patience import out_of_patience, watched
from search.training.randomness import Randomness
from search.training.sampling import epoch_order
from search.training.shared_batch_norm import share_batch_norm
from search.training.step import Step
from search.training.team import ALONE, Team


class Learner:
    """All that a checkpoint holds, and the two things done with it.

    ``epoch`` is the last finished one, from 1; ``passage`` the one in the middle of which it was cut, if it was;
    ``past`` what was watched on the validation images after each epoch, less is better;
    ``origin`` names the weights that it began with, empty where they were random.

    Args:
        config: the trial.
        data: its images.
        device: where to train.
        team: the processes that train it together; each has a learner, and what one is told, all are.
        parts: into how many a batch, or this process's share of one, is cut at least: memory was too small before.

    Raises:
        SettingsError: the configuration cannot be trained on these images.
    """

    def __init__(
        self, config: TrialConfig, data: Data, device: torch.device, *, team: Team = ALONE, parts: int = 1
    ) -> None:
        self.epoch = 0
        self.passage: Passage | None = None
        self.past: list[float] = []
        self._data, self._device, self._team = data, device, team
        self._parts = Parts.of(config.settings)
        self._recipe = recipe = self._parts.recipe
        self._randomness = Randomness(config.seed, device)
        model = build_model(self._parts, data, self._randomness, device)
        self._model = share_batch_norm(model, team, device)
        self._pretrained = self._parts.pretrained(data.shape)
        if self._pretrained is not None:
            self._pretrained.prepare(self._model)
        self.origin = ""
        self._average = Average(self._model, decay=recipe.ema) if recipe.ema else None
        self._optimizer = self._parts.optimizer(self._model)
        self._step = Step(self._model, self._optimizer, recipe, shape=data.shape, device=device, team=team)
        self._step.cut_into(parts)
        self._at_once: int | None = None
        factor = recipe.learning_rate_factor
        groups = self._optimizer.param_groups
        self._peaks = [float(group["lr"]) * factor * group.get("lr_factor", 1.0) for group in groups]
        self._sizes = recipe.batches(len(data.train))
        self._steps = config.epochs * len(self._sizes)
        self._schedule = self._parts.schedule()
        self._batch_loss = BatchLoss(
            augment=self._parts.augment(),
            normalize=Normalization(data, device, channels_last=recipe.memory_format_is_channels_last),
            forward=compiled(self._model) if recipe.compile else self._model,
            loss=self._make_loss(),
            classes=len(data.classes),
            device=device,
            dtype=autocast_dtype(recipe.precision, device, min(data.shape[1:])),
        )

    @property
    def ended(self) -> str:
        """Why the training ends before its horizon; empty where it does not."""
        return out_of_patience(self.past, self._recipe.patience)

    @property
    def shortage(self) -> str:
        """What is done about batches that do not fit into memory; empty where all do."""
        few = f"no more than {self._at_once} images are evaluated at once" if self._at_once else ""
        return "; ".join(filter(None, (self._step.shortage, few)))

    def begin(self) -> None:
        """Give the model the weights that it begins with, where they are not random; not where it is restored.

        Raises:
            WeightsError: they are missing, damaged, or another architecture's.
        """
        if self._pretrained is not None:
            self.origin = self._pretrained.begin(self._model, self._data.mean, self._data.std)
            if self._average:
                self._average = Average(self._model, decay=self._recipe.ema)

    def train_epoch(self, cut: Cut | None = None) -> dict[str, float]:
        """Train on every image once; of an epoch that was cut, on those that are left.

        Args:
            cut: is asked after each batch but the last; None: never.

        Returns:
            ``train/loss`` and ``train/accuracy`` over the epoch as it ran, ``train/learning_rate`` of its
            last step, ``train/images_per_second``.

        Raises:
            Diverged: a batch's loss is NaN or infinite.
            Interrupted: the epoch was cut; another call goes on with its next batch.
        """
        passage = self.passage or Passage.new(len(self._sizes), self._device)
        self.passage = passage
        passage.begin()
        order = self._randomness.order_of_epoch()
        self._train(passage, order, cut)
        passage.end()
        if passage.batch < len(self._sizes):
            raise Interrupted(self.epoch + 1, passage.batch, len(self._sizes))
        self._randomness.finish_order(order)
        self.epoch, self.passage = self.epoch + 1, None
        return self._training_metrics(passage)

    def evaluate(self, split: Split | None = None) -> Evaluation:
        """Evaluate on a split, None for the validation split; its metrics are named ``val/…`` whichever it is.

        Raises:
            Diverged: the loss is NaN or infinite.
        """
        judged = self._data.validation if split is None else split
        source = self._data.to(self._device, judged)
        rows = torch.from_numpy(judged.indices).to(source.home)
        how = self._batch_loss
        result = evaluate(
            self._judged,
            source,
            rows,
            normalize=how.normalize,
            dtype=how.dtype,
            at_once=self._at_once,
            team=self._team,
        )
        self._at_once = result.at_once
        loss = result.metrics["val/loss"]
        if not math.isfinite(loss):
            reason = f"the validation loss is {loss} after epoch {self.epoch}"
            raise Diverged(self.epoch, None, reason)
        return result

    def take(self, metrics: Mapping[str, float]) -> None:
        """Let what an evaluation has said of the last finished epoch count for patience and schedule."""
        self.past.append(watched(metrics, self._recipe.watch))

    def weights(self) -> dict[str, Tensor]:
        """Return the weights that are evaluated: the averaged ones, where they are averaged; no copies."""
        weights: dict[str, Tensor] = self._judged.state_dict()
        return weights

    def state(self) -> dict[str, Any]:
        """Return everything that training goes on from; the schedule follows from the epoch and the batch."""
        return {
            "epoch": self.epoch,
            "model": self.weights(),
            "optimizer": self._optimizer.state_dict(),
            "randomness": self._randomness.state(),
            **({"origin": self.origin} if self.origin else {}),
            "past": list(self.past),
            **(
                {"average": self._average.state(), "trained": self._model.state_dict()}
                if self._average
                else {}
            ),
            **({"passage": self.passage.state()} if self.passage else {}),
            **({"parts": self._step.parts, "at_once": self._at_once} if self.shortage else {}),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.epoch = state["epoch"]
        self.past = list(state["past"])
        self._model.load_state_dict(state["trained" if self._average else "model"])
        if self._average:
            self._average.restore(state["average"], state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._randomness.restore(state["randomness"], self.epoch)
        self.origin = state.get("origin", "")
        self._step.cut_into(state.get("parts", 1))
        self._at_once = state.get("at_once")
        cut = state.get("passage")
        self.passage = Passage.restored(cut, self._device) if cut else None

    @property
    def _judged(self) -> nn.Module:
        return self._average.model if self._average else self._model

    def _make_loss(self) -> Callable[[Tensor, Tensor], Tensor]:
        loss = self._parts.loss()
        if self._recipe.class_weights == "none":
            return loss
        weights = balanced_weights(self._data.train, len(self._data.classes))
        return weighted(loss, weights.to(self._device))

    def _train(self, passage: Passage, order: torch.Generator, cut: Cut | None) -> None:
        """Train on the batches that are left, until there are none or the epoch is cut."""
        source = self._data.to(self._device, self._data.train)
        rows = self._shuffled_rows(source, order)
        shards = [self._team.shard(size, least=self._step.least) for size in self._sizes]
        # What comes after the last batch counts, too: at most as much as training on as many images.
        after = len(self._data.validation) / self._sizes[0]
        self._model.train()
        if self._pretrained is not None:
            self._pretrained.freeze(self._model, self.epoch)
        if self._team.rank:  # the leader's stream is the one that a checkpoint keeps
            self._randomness.branch(self.epoch, passage.batch, self._team.rank)
        with (
            self._randomness.isolated(),
            compile_errors() if self._recipe.compile else nullcontext(),
            source.batches(list(map(self._batch_loss.needed, rows, shards))[passage.batch :]) as batches,
        ):
            for images, labels in batches:
                self._set_learning_rate(self.epoch * len(rows) + passage.batch)
                shard = shards[passage.batch]
                forward = self._batch_loss.of(images, labels, self._randomness.augmentation, shard)
                passage.add(*self._step(forward, shard))
                if self._average:
                    self._average.update(self._model)
                refuse_divergence(passage.losses, passage.batch - 1, epoch=self.epoch + 1)
                remaining = len(rows) - passage.batch
                wanted = cut is not None and remaining > 0 and cut(passage.left(remaining + after))
                if remaining and self._team.agreed(wanted):
                    return

    def _shuffled_rows(self, source: Batches, order: torch.Generator) -> Sequence[Tensor]:
        """Return the rows of each batch, where the source wants them; moved there once an epoch."""
        shuffled = epoch_order(self._data.train, order, sampling=self._recipe.sampling)
        rows = torch.from_numpy(self._data.train.indices)[shuffled].to(source.home)
        parts: Sequence[Tensor] = rows.split(self._sizes)  # type: ignore[no-untyped-call]
        return parts

    def _set_learning_rate(self, step: int) -> None:
        factor = self._schedule(step, self._steps, self.past)
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * factor

    def _training_metrics(self, passage: Passage) -> dict[str, float]:
        images = len(self._data.train)
        weights = torch.tensor(self._sizes, dtype=torch.float64)
        return {
            "train/loss": float((passage.losses.cpu().double() * weights).sum()) / images,
            "train/accuracy": int(passage.hits) / images,
            "train/learning_rate": float(self._optimizer.param_groups[0]["lr"]),
            "train/images_per_second": images / passage.seconds,
        }
