"""A recipe to train again: the configuration of an exported model, on other images, in a project without a search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy.typing as npt
from torch import Tensor

from search.plan.document import read_document
from search.plan.mistake import PlanError, did_you_mean
from search.plan.trial_config import DataConfig, TrialConfig
from search.runs.interval import wilson
from search.training.auxiliary import judged
from search.training.data import Data, datasets, load_data
from search.training.data.arrays import data_of_arrays
from search.training.errors import DataError, SettingsError
from search.training.fit import fit
from search.training.parts import Parts
from search.training.report import Report
from search.winner.bundle import Bundle, BundleError
from search.winner.classifier import Classifier
from search.winner.description import Description
from search.winner.retrained import write_retrained
from search.winner.trust import load_trusted

Arrays = tuple[npt.ArrayLike, npt.ArrayLike]
"""Images uint8 (N, H, W) or (N, H, W, C), and their labels (N,)."""

Tell = Callable[[Report], None]


@dataclass(frozen=True, eq=False)
class Retrained:
    """What a recipe has become on other images.

    ``accuracy`` is that of the last epoch on ``images`` validation images, which did not train it (but would choose,
    if you keep the best of several trainings). ``history`` is a report for each epoch.
    """

    classifier: Classifier
    accuracy: float
    images: int
    history: tuple[Report, ...]
    config: TrialConfig

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy, for these images (Wilson 1927); other seeds vary beyond it."""
        return wilson(self.accuracy, self.images)


@dataclass(frozen=True)
class TrainableRecipe:
    """How a model was trained, to be done again: ``search.load_recipe(bundle).train("photos/")``.

    ``config`` is the whole configuration; with another one (`dataclasses.replace`) it is another recipe.
    """

    config: TrialConfig

    def train(
        self,
        data: str | Path | Arrays,
        *,
        data_dir: str | Path | None = None,
        classes: Sequence[str] | None = None,
        size: int | None = None,
        validation: float | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        device: str = "auto",
        out: str | Path | None = None,
        tell: Tell = lambda _report: None,
    ) -> Retrained:
        """Train the recipe from new weights, in this process.

        Args:
            data: a folder of images (train/<class>/… with val/ where there is such, or <class>/… alone), the name of
                a data set (``mnist``), or images uint8 (N, H, W[, C]) and labels (N,) as arrays.
            data_dir: where the files of a named data set lie.
            classes: names, where the labels of arrays are their places.
            size: to which images are resized, a square's side in pixels; None: as the recipe says. Not for arrays.
            validation: share (0-1, exclusive) that is held out where the data bring no validation split; None: as the
                recipe says.
            epochs: the length of the schedule, at least 1; None: as the recipe says.
            seed: of initial weights, order and augmentation; None: as the recipe says.
            device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``.
            out: a new or empty folder for the model: a bundle, as `search.load` and `search.predict` take it.
            tell: is given the report of each epoch.

        Raises:
            DataError: the images are missing, damaged, or too few.
            SettingsError: the recipe cannot be trained on these images.
            Diverged: the loss became NaN or infinite.
            BundleError: ``out`` holds something already.
        """
        place = None if out is None else _new_place(Path(out))
        share = self.config.data.validation if validation is None else validation
        found, named = _data(
            data, replace(self.config.data, validation=share), data_dir, classes=classes, size=size
        )
        config = _changed(self.config, data=named, epochs=epochs, seed=seed)
        history, weights = _trained(config, found, device=device, tell=tell)
        if place is not None:
            write_retrained(place, config, found, weights, epoch=history[-1].epoch)
        accuracy = history[-1].metrics["val/accuracy"]
        classifier = _classifier(config, found, weights)
        return Retrained(classifier, accuracy, len(found.validation), tuple(history), config)


def read_recipe(path: Path, *, plugins: bool = False) -> TrainableRecipe:
    """Read a recipe: that of a bundle, or a recipe.yaml alone.

    Args:
        path: the folder of a bundle, or the file.
        plugins: whether the Python files that it names may be run.

    Raises:
        BundleError: it is neither, or it needs plugins that may not be run.
        PlanError: the file is no YAML, or a plugin cannot be loaded.
    """
    config = _config(path)
    load_trusted(config, path, plugins=plugins)
    return TrainableRecipe(config)


def _config(path: Path) -> TrialConfig:
    if path.is_dir():
        return Description.read(Bundle(path).config).config
    node, mistakes = read_document(path)
    if mistakes:
        raise PlanError(mistakes)
    document = node.plain()
    try:
        if not isinstance(document, dict):
            raise TypeError(f"a mapping is expected, but got {type(document).__name__}")
        return TrialConfig.from_json(document)
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{path} is no recipe: {error}") from error


def _new_place(out: Path) -> Bundle:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BundleError(f"{out} is there already: a new or an empty folder is expected")
    return Bundle(out)


def _data(
    data: str | Path | Arrays,
    known: DataConfig,
    directory: str | Path | None,
    *,
    classes: Sequence[str] | None,
    size: int | None,
) -> tuple[Data, DataConfig]:
    """Return the images, and how they are called and split; ``known`` is the recipe's own."""
    if isinstance(data, tuple):
        if size is not None:
            raise DataError("`size` is for files: arrays have the size that they have")
        images, labels = data
        found = data_of_arrays(
            images, labels, classes=classes, validation=known.validation, split_seed=known.split_seed
        )
        return found, replace(known, name=found.name, size=None, file=None)
    name, folder = _place(data, directory)
    file = known.file if name == known.name else None  # a table of labels belongs to the recipe's own images
    config = replace(known, name=name, size=known.size if size is None else size, file=file)
    return load_data(config, directory=folder), config


def _place(data: str | Path, directory: str | Path | None) -> tuple[str, Path | None]:
    """Return the name of a data set, and where it lies."""
    if isinstance(data, str) and data in datasets:
        return data, None if directory is None else Path(directory)
    if not Path(data).is_dir():
        near = did_you_mean(str(data), datasets.names())
        raise DataError(f"{data} is neither a folder nor the name of a data set{near}")
    return "image_folder", Path(data)


def _changed(config: TrialConfig, *, data: DataConfig, epochs: int | None, seed: int | None) -> TrialConfig:
    if epochs is not None and epochs < 1:
        raise SettingsError(f"`epochs >= 1` must hold, but got epochs={epochs}")
    return replace(
        config,
        data=data,
        epochs=config.epochs if epochs is None else epochs,
        seed=config.seed if seed is None else seed,
    )


def _trained(
    config: TrialConfig, data: Data, *, device: str, tell: Tell
) -> tuple[list[Report], dict[str, Tensor]]:
    history = []
    with fit(config, data, device=device) as training:
        for report in training:
            history.append(report)
            tell(report)
        return history, judged(training.weights(), config.settings)


def _classifier(config: TrialConfig, data: Data, weights: dict[str, Tensor]) -> Classifier:
    model = Parts.of(config.settings).model(data.shape, len(data.classes))
    model.load_state_dict(weights)
    return Classifier(model, classes=data.classes, shape=data.shape, mean=data.mean, std=data.std).eval()
