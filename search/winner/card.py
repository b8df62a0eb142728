"""The model card: what a person wants to know before he uses a model (Mitchell et al. 2019, arXiv:1810.03993).

MODEL_CARD.md is Markdown with the front matter of Hugging Face (https://huggingface.co/docs/hub/model-cards).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import search
from search.plan.mistake import word
from search.plan.writer import write_flow
from search.runs.classification import accuracy, class_scores, confusion_matrix
from search.runs.interval import wilson
from search.runs.keeper import recorded_scalars
from search.runs.layout import write_text
from search.training.transfer import TRANSFER
from search.winner.bundle import Bundle
from search.winner.candidate import Trained
from search.winner.card_pictures import draw_confusion, draw_curves
from search.winner.card_tables import MOST_CLASSES, class_table, format_table, markdown_table, plain
from search.winner.card_usage import usages
from search.winner.confirmation.document import Confirmation, ConfirmationError, read_confirmation
from search.winner.description import Description, recipe_text
from search.winner.ensemble.document import EnsembleChoice, EnsembleError, read_ensemble
from search.winner.verification import Verification

LIMITS = """\
- It knows the classes below and no others: an image of something else is given one of them all the same.
- Its accuracy is that on images like those of the data set. Other cameras, light, cuts and times may lower it;
  measure it on your own images before you rely on it (`python -m search.evaluate . YOUR_IMAGES`).
- Its probabilities need not be calibrated: 0.9 need not mean right 9 times of 10.
- It was not tested for fairness between groups of people, nor against images that were made to deceive it.
"""


def write_card(trained: Trained, bundle: Bundle, found: Verification) -> None:
    """Write the model card of a bundle and its pictures.

    Args:
        trained: what was exported.
        bundle: with config.json.
        found: how its files were checked.

    Raises:
        OSError: the folder cannot be written.
    """
    description = Description.read(bundle.config)
    draw_confusion(confusion_matrix(trained.predictions), description.classes, bundle.confusion)
    draw_curves(recorded_scalars(trained.trial.layout, trained.trial.record), bundle.curves)
    parts = [
        _front_matter(trained),
        _head(trained, description),
        _accuracy(trained),
        _data(trained, description),
        _files(bundle, found),
        _usage(description, found),
        _training(trained, bundle),
        f"## Limits\n\n{LIMITS}",
        _license(trained),
    ]
    write_text(bundle.card, "\n".join(parts))


def _front_matter(trained: Trained) -> str:
    data = trained.data.name
    images = len(trained.predictions.labels)
    document: Mapping[str, Any] = {
        "library_name": "winnow",
        "pipeline_tag": "image-classification",
        "license": "other",
        "license_name": "to-be-chosen-by-the-owner",
        "tags": ["image-classification", "winnow", str(trained.config.settings["architecture"])],
        "datasets": [data],
        "metrics": ["accuracy", "precision", "recall", "f1"],
        "model-index": [
            {
                "name": _name(trained),
                "results": [
                    {
                        "task": {"type": "image-classification"},
                        "dataset": {"name": f"{data} ({images} validation images)", "type": data},
                        "metrics": [{"type": "accuracy", "value": round(accuracy(trained.predictions), 6)}],
                    }
                ],
            }
        ],
    }
    lines = [f"{name}: {write_flow(value)}" for name, value in document.items()]
    return "---\n" + "\n".join(lines) + "\n---\n"


def _name(trained: Trained) -> str:
    part = "ensemble" if len(trained.members) > 1 else f"trial {trained.trial.number}"
    return f"{trained.run.name}, {part}"


def _head(trained: Trained, description: Description) -> str:
    channels, height, width = description.shape
    kind = "grey" if channels == 1 else "color"
    what = f"An image classifier ({_architectures(trained)})"
    return (
        f"# {plain(_name(trained))}\n\n{what} for {len(description.classes)} classes: {kind} images of "
        f"{height}×{width} pixels of the data set {plain(trained.data.name)}. It was found by a search with "
        f"Winnow {search.__version__}.\n"
    )


def _architectures(trained: Trained) -> str:
    names = [plain(str(member.config.settings["architecture"])) for member in trained.members]
    return names[0] if len(names) == 1 else f"the mean of {len(names)} models: {', '.join(names)}"


def _accuracy(trained: Trained) -> str:
    said = trained.predictions
    images, share = len(said.labels), accuracy(said)
    low, high = wilson(share, images)
    chosen = (
        "Its members were chosen on these very images, so this is too high"
        if len(trained.members) > 1
        else "The search chose it by such figures, so this may be a little too high"
    )
    text = (
        f"## Accuracy\n\n{share:.4f} on {images:,} validation images (95 % interval {low:.4f} to {high:.4f}, Wilson), "
        f"which it was not trained on. {chosen}.\n{_confirmed(trained)}{_together(trained)}"
    )
    scores, classes = class_scores(confusion_matrix(said)), trained.data.classes
    which = f"The {MOST_CLASSES} classes with the lowest F1" if len(classes) > MOST_CLASSES else "By class"
    return (
        f"{text}\n{which}, on the same images (in brackets the 95 % interval, Wilson):\n\n"
        f"{class_table(scores, classes)}\n"
        "![Confusion matrix: true class by predicted class](confusion.png)\n"
    )


def _confirmed(trained: Trained) -> str:
    """Return what a confirmation says of this trial's recipe, in a paragraph; empty where there was none."""
    found = _confirmation(trained)
    if (
        found is None
        or found.test is None
        or found.winner != trained.trial.number
        or len(trained.members) > 1
    ):
        return ""
    test = found.test
    text = (
        f"\nConfirmed on the test images, which chose nothing: trained again with {test.seeds} fresh seeds, this "
        f"recipe reaches {test.mean:.4f} on {test.images:,} test images (95 % interval {test.low:.4f} to "
        f"{test.high:.4f} for new seeds and new images). That is the expected accuracy of this recipe; the file here "
        "is one more such training.\n"
    )
    if any(int(other) != found.winner for other in found.looked):
        text += "These test images had been looked at before, by models of other trials.\n"
    return text


def _confirmation(trained: Trained) -> Confirmation | None:
    try:
        return read_confirmation(trained.run.layout.confirmation)
    except ConfirmationError:
        return None


def _together(trained: Trained) -> str:
    """Return what the choice of an ensemble says, in a paragraph and a table; empty of a single model."""
    if len(trained.members) == 1:
        return ""
    rows = [
        (str(member.trial.number), str(member.config.settings["architecture"]), f"{member.share:.3f}")
        for member in trained.members
    ]
    found = _ensemble(trained)
    text = ""
    if found is not None:
        one, gain = found.together, found.gain
        text = (
            f"\nOn validation images that took no part in the choice (five folds) such an ensemble reaches "
            f"{one.mean:.4f} (95 % interval {one.low:.4f} to {one.high:.4f}, {one.images:,} images): {gain.mean:+.4f} "
            f"beside the best single trial (95 % interval {gain.low:+.4f} to {gain.high:+.4f}).\n"
        )
    return f"{text}\nThe members:\n\n{markdown_table(('trial', 'architecture', 'share'), rows)}"


def _ensemble(trained: Trained) -> EnsembleChoice | None:
    try:
        return read_ensemble(trained.run.layout.ensemble)
    except EnsembleError:
        return None


def _data(trained: Trained, description: Description) -> str:
    data, config = trained.data, trained.config.data
    names = ", ".join(map(plain, description.classes[:MOST_CLASSES]))
    more = len(description.classes) - MOST_CLASSES
    return (
        f"## Data\n\n{plain(data.name)}: {len(data.train):,} images to train on, {len(data.validation):,} to validate "
        f"on (split with seed {config.split_seed}; split {data.split_fingerprint}). Classes: {names}"
        f"{f' and {more} more, in labels.txt' if more > 0 else ''}.\n"
    )


def _files(bundle: Bundle, found: Verification) -> str:
    part = "All" if found.parity.images == found.split_images else f"{found.parity.images:,} of the"
    losses = "".join(
        f"\n{', '.join(one.files)} changes the accuracy by {-one.loss.mean:+.4f} (95 % interval "
        f"{-one.loss.high:+.4f} to {-one.loss.low:+.4f}, paired, on {one.images:,} validation images).\n"
        for one in found.formats
        if one.loss is not None
    )
    return (
        "## Files\n\nEach was loaded again in a new process: the weights were compared with what the trained model had "
        f"said, the other files with the weights. {part} {found.split_images:,} validation images were shown. "
        "*Off by* is the greatest difference of an output, as a share of the largest one. Times are medians on "
        f"{plain(found.machine)}, with one thread where nothing else is said.\n\n{format_table(found)}{losses}\n"
        f"`sha256sum --check {bundle.checksums.name}` finds a damaged file.\n"
    )


def _usage(description: Description, found: Verification) -> str:
    takes = (
        "uint8 pixels (0-255), which they normalize themselves"
        if description.preprocess == "inside"
        else "float32 pixels, normalized as (x / 255 - mean) / std with the figures in config.json"
    )
    programs = "\n".join(
        f"{one.needs}:\n\n```python\n{one.code}```\n"
        for one in usages(description, [one.name for one in found.formats])
    )
    return (
        f"## Use\n\nIn this folder, with an image called image.png:\n\n{programs}\nThe files with a graph take images "
        f"(N, C, H, W), {takes}, and return logits (N, classes); the names are `images` and `logits`.\n"
    )


def _training(trained: Trained, bundle: Bundle) -> str:
    environment = trained.trial.document.get("environment", {})
    shown = ("device", "memory", "system", "python", "torch", "winnow")
    where = "".join(f"- {name}: {plain(str(environment[name]))}\n" for name in shown if name in environment)
    first = " of the first member" if len(trained.members) > 1 else ""
    origins = _origins(trained)
    begun = f"It was pretrained on other images: {'; '.join(origins)}.\n\n" if origins else ""
    return (
        f"## Training\n\n{begun}{_named(trained)}"
        f'The recipe{first} ({bundle.recipe.name}; `search.load_recipe(".").train(data)` trains it on '
        f"other images):\n\n```yaml\n{recipe_text(trained.config)}```\n\n"
        f"{trained.trial.epochs} of {trained.config.epochs} epochs, {trained.trial.seconds:,.0f} s.\n\n"
        f"![Loss and accuracy by epoch](curves.png)\n\nIt was trained with:\n\n{where}"
    )


def _named(trained: Trained) -> str:
    """Return what the space of the trial named; the recipe below has every default beside it."""
    named = ", ".join(plain(f"{name} {word(value)}") for name, value in trained.trial.point.items())
    return f"Named by the space that was searched: {named}.\n\n" if named else ""


def _origins(trained: Trained) -> list[str]:
    """Return the pretrained weights that members began with, each once."""
    begun = [member for member in trained.members if member.config.settings.get(TRANSFER)]
    names = [
        f"{member.config.settings['architecture']} ({environment['weights']})"
        if "weights" in (environment := member.trial.document.get("environment", {}))
        else str(member.config.settings["architecture"])
        for member in begun
    ]
    return [plain(name) for name in dict.fromkeys(names)]


def _license(trained: Trained) -> str:
    if origins := _origins(trained):
        return (
            f"## License\n\nThe weights go on from others: {'; '.join(origins)}. Mind the license of "
            "those, and that of the images, before you write one into the first lines of this file.\n"
        )
    return (
        "## License\n\nThe weights are yours: they were trained from random numbers, and no pretrained weights are in "
        "them. Write the license that you choose into the first lines of this file, and mind that of the images.\n"
    )
