"""The programs of the model card, copied and run: without Winnow they say what the trained model says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image
from torch import nn

from search.plan.trial_config import DataConfig, TrialConfig
from search.training.fit import fit
from search.training.parts import Parts
from search.winner.bundle import Bundle, write_checksums
from search.winner.card_usage import ONNX, usages
from search.winner.description import Description, Preprocess
from tests.winner.drawn import bundle_by_chance, digits, trained_by_chance

pytestmark = pytest.mark.timeout(600)

SETTINGS = Parts.of({"architecture": "cnn", "layers": 2, "width": 8, "learning_rate": 0.05}).settings
CONFIG = TrialConfig(dict(SETTINGS), DataConfig("digits", validation=0.2), epochs=3)

HIDDEN = {"onnxruntime": ("search", "torch"), "torch.export": ("search", "onnxruntime"), "search": ()}
"""What a program must do without."""

PICTURE = 40


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> nn.Module:
    """A model that tells digits apart, so that a wrong decoding would be seen."""
    path = tmp_path_factory.mktemp("trained") / "checkpoint.pt"
    with fit(CONFIG, digits(), device="cpu") as training:
        for _ in training:
            training.save(path)
    made = Parts.of(SETTINGS).model((1, 8, 8), 10)
    made.load_state_dict(torch.load(path, weights_only=True)["model"])
    return made.eval()


def bundle_with_image(folder: Path, model: nn.Module, preprocess: Preprocess, *names: str) -> Bundle:
    data = digits()
    bundle = bundle_by_chance(
        folder, trained_by_chance(data, (CONFIG, model, 1.0)), *names, preprocess=preprocess
    )
    write_checksums(bundle)
    Image.fromarray(data.validation.read()[0][PICTURE, :, :, 0]).save(folder / "image.png")
    return bundle


def expected(model: nn.Module) -> npt.NDArray[np.float32]:
    data = digits()
    pixels = data.validation.read()[0][PICTURE : PICTURE + 1].transpose(0, 3, 1, 2)
    with torch.inference_mode():
        images = torch.from_numpy(((pixels / 255 - data.mean[0]) / data.std[0]).astype(np.float32))
        logits: npt.NDArray[np.float32] = model(images).numpy()
    return logits


def run(bundle: Bundle, engine: str, *, shown: str = "") -> list[str]:
    """Run the program that uses an engine in the bundle's folder, where everything else is hidden from it."""
    found = usages(Description.read(bundle.config), ["onnx", "torch_export"])
    (code,) = [one.code for one in found if engine in one.code.replace("import search", "search")]
    hidden = "".join(f"sys.modules[{name!r}] = None\n" for name in HIDDEN[engine])
    text = f"import sys\n{hidden}{code}{shown}"
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text],
        cwd=bundle.folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return ran.stdout.splitlines()


@pytest.mark.parametrize(
    ("engine", "name", "preprocess"),
    [
        ("onnxruntime", "onnx", "outside"),
        ("onnxruntime", "onnx", "inside"),
        ("torch.export", "torch_export", "outside"),
        pytest.param("torch.export", "torch_export", "inside", marks=pytest.mark.slow),
    ],
)
def test_a_copied_program_computes_what_the_model_computes_with_that_engine_alone(
    engine: str, name: str, preprocess: Preprocess, model: nn.Module, tmp_path: Path
) -> None:
    bundle = bundle_with_image(tmp_path, model, preprocess, name)
    label, logits = run(bundle, engine, shown="print(logits.tolist())\n")
    wanted = expected(model)
    np.testing.assert_allclose(json.loads(logits), wanted, atol=1e-4 * np.abs(wanted).max())
    assert label == digits().classes[int(wanted.argmax())]


def test_a_copied_program_classifies_with_winnow(model: nn.Module, tmp_path: Path) -> None:
    bundle = bundle_with_image(tmp_path, model, "outside")
    assert run(bundle, "search") == [digits().classes[int(expected(model).argmax())]]


def test_the_programs_are_as_short_as_promised() -> None:
    for one in (ONNX,):
        statements = [line for line in one.splitlines() if line and not line.startswith(("import", "from"))]
        assert len(statements) + 4 <= 10  # the decoding is four lines
