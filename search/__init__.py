"""Winnow: distributed hyperparameter search for image classifiers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.runs.run import Run
    from search.winner.classifier import Classifier
    from search.winner.trainable import TrainableRecipe

__version__ = "0.1.0"
__all__ = ["__version__", "load", "load_recipe", "open_run"]


def load(bundle: str | Path, *, temperature: float = 1.0, plugins: bool = False) -> Classifier:
    """Load an exported model, ready to classify: ``search.load("runs/mnist/winner/trial-1").predict(["7.png"])``.

    It needs neither Ray nor Optuna. What comes back is a plain torch module that knows its classes and how an image
    is decoded for it.

    Args:
        bundle: the folder that `search.export` wrote.
        temperature: by which the logits are divided before they become probabilities, above 0; `search.evaluate` finds
            a good one.
        plugins: whether the Python files that the model names may be run: only where you trust the bundle.

    Raises:
        BundleError: it is no bundle, its files are not those that were exported, or it needs plugins that may not be
            run (a ValueError).
        PlanError: a plugin of it cannot be loaded (a ValueError).
        SettingsError: the configuration is none that this version knows (a ValueError).
    """
    # Late, so that `import search` costs nothing: torch is behind it.
    from search.winner.classifier import load as loaded  # noqa: PLC0415

    return loaded(Path(bundle), temperature=temperature, plugins=plugins)


def load_recipe(path: str | Path, *, plugins: bool = False) -> TrainableRecipe:
    """Read how a model was trained, to train it on other images: ``search.load_recipe(bundle).train("photos/")``.

    It needs neither Ray nor Optuna. Of an ensemble it is the recipe of its first member.

    Args:
        path: the folder that `search.export` wrote, or a recipe.yaml alone.
        plugins: whether the Python files that it names may be run: only where you trust it.

    Raises:
        BundleError: it is neither, or it needs plugins that may not be run (a ValueError).
        PlanError: the file is no YAML, or a plugin cannot be loaded (a ValueError).
    """
    # Late, so that `import search` costs nothing: torch is behind it.
    from search.winner.trainable import read_recipe  # noqa: PLC0415

    return read_recipe(Path(path), plugins=plugins)


def open_run(path: str | Path, *, storage: str | None = None) -> Run:
    """Open a run for reading: ``search.open_run("runs/digits").best()``.

    Args:
        path: the run's folder.
        storage: the Optuna storage URL of its study, where that is not in the folder and needs a password.

    Raises:
        FileNotFoundError: there is no run.
    """
    # Late, so that `import search` costs nothing and the training part needs no Optuna.
    from search.runs.reader import open_run as opened  # noqa: PLC0415

    return opened(path, storage=storage)
