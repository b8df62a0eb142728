"""The public surface of the Python API, as directives that Sphinx fills with docstrings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SURFACE: Mapping[str, tuple[str, ...]] = {
    "use": (
        "search.load",
        "search.winner.classifier.Classifier",
        "search.winner.classifier.Prediction",
        "search.load_recipe",
        "search.winner.trainable.TrainableRecipe",
        "search.winner.trainable.Retrained",
        "search.winner.bundle.BundleError",
        "search.plan.mistake.PlanError",
        "search.training.data.image_file.UnreadableImage",
    ),
    "read": (
        "search.open_run",
        "search.runs.run.Run",
        "search.runs.run.Trial",
    ),
    "train": (
        "search.plan.trial_config.TrialConfig",
        "search.plan.trial_config.DataConfig",
        "search.training.data.load_data",
        "search.training.data.Data",
        "search.training.data.Split",
        "search.training.fit.fit",
        "search.training.fit.Training",
        "search.training.report.Report",
        "search.training.predictions.Predictions",
        "search.training.errors.TrainingError",
        "search.training.errors.DataError",
        "search.training.errors.SettingsError",
        "search.training.errors.CheckpointError",
        "search.training.errors.TooLarge",
        "search.training.errors.Interrupted",
        "search.training.errors.Diverged",
    ),
    "extend": (
        "search.plan.registry.Registry",
        "search.plan.registry.Entry",
        "search.plan.registry.Range",
        "search.plan.registry.Doc",
        "search.plan.registry.FilePath",
        "search.plan.vocabulary.Setting",
        "search.training.architectures.registry.Architectures",
        "search.training.augmentations.kinds.Augmentation",
        "search.training.augmentations.kinds.Copy",
        "search.training.augmentations.kinds.Warp",
        "search.training.augmentations.kinds.Colour",
        "search.training.augmentations.kinds.Erasing",
        "search.training.augmentations.kinds.Mixing",
        "search.training.data.Source",
        "search.training.data.Writer",
        "search.training.data.Contents",
        "search.tuning.samplers.Task",
        "search.tuning.schedulers.Scheduler",
        "search.tuning.schedulers.Standing",
        "search.tuning.schedulers.Others",
        "search.runs.record.RungDecision",
        "search.winner.formats.registry.Format",
        "search.winner.formats.registry.Package",
    ),
}
"""Every public name by what it is for; what is not here may change without a word."""


def api(purpose: str) -> str:
    """Return the directives for the names of one purpose."""
    return "\n".join(["```{eval-rst}", *_directives(SURFACE[purpose]), "```"])


def _directives(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        kind = "class" if name.rpartition(".")[2][0].isupper() else "function"
        yield f".. auto{kind}:: {name}"
        if kind == "class":
            yield from ("   :members:", "   :show-inheritance:")
        yield ""
