"""A search over images that stay in their files: its trials, and what is done with them afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search.plan.plan import load_plan
from search.runs.reader import open_run
from search.runs.run import Run
from search.training.data.file_images import FileImages
from search.tuning.vocabulary import vocabulary
from search.winner.candidate import choice, load
from search.winner.description import Description
from search.winner.evaluation import evaluate
from search.winner.judged import judged
from search.winner.of_trial import classifier_of, validation_questions
from tests.inprocess import Search
from tests.winner.drawn import bundle_by_chance

SPACE = """\
name: stripes
data: {name: image_csv, file: labels.csv}
budget: {trials: 2, epochs: 2}
space: {architecture: cnn, layers: 1, width: 4, dense_units: 8, batch_size: 8, learning_rate: {low: 0.01, high: 0.1}}
"""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 images of 2 classes in two folders, 10 of them for the validation, and a table of them."""
    root, random = tmp_path_factory.mktemp("stripes"), np.random.default_rng(0)
    lines = ["path,label,split"]
    for index in range(40):
        pixels = random.integers(0, 100, (8, 8), dtype=np.uint8)
        pixels[:, 1 + 4 * (index % 2)] += 120
        path = root / f"part{index % 3}" / f"{index}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path)
        lines.append(
            f"{path.relative_to(root)},{('left', 'right')[index % 2]},{'val' if index < 10 else 'train'}"
        )
    (root / "labels.csv").write_text("\n".join(lines))
    (root / "stripes.yaml").write_text(SPACE)
    return root


def searched(images: Path, folder: Path, access: str) -> Run:
    plan = load_plan(images / "stripes.yaml", overrides=[f"data.access={access}"], vocabulary=vocabulary())
    search = Search(plan, folder / access)
    search.go()
    return open_run(search.layout.root)


def test_a_search_says_the_same_whichever_way_its_images_go_and_its_winner_finds_them(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    run = searched(images, tmp_path, "decoded")
    best = choice(run, None).trial
    trained = load(run, best)
    assert isinstance(trained.data.validation.images, FileImages)
    assert not list(tmp_path.glob("cache/images/*/*.images.npy"))
    known = classifier_of(run, best.number)
    asked = validation_questions(known.data, range(10))
    said = known.classifier.predict([one.picture for one in asked])
    bundle = bundle_by_chance(tmp_path / "bundle", trained)
    found = evaluate(known.classifier, judged(Description.read(bundle.config), "image_csv", directory=images))
    assert found.accuracy == np.mean(
        [one.label == question.true for one, question in zip(said, asked, strict=True)]
    )
    assert found.accuracy == pytest.approx(best.score)
    other = searched(images, tmp_path, "streamed")
    assert [trial.record.values for trial in run.trials] == [trial.record.values for trial in other.trials]
