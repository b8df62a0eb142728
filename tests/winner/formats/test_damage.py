"""A damaged file is refused in a sentence, and a file that would run code is not opened."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from search.winner.bundle import Bundle, BundleError
from search.winner.export import Exported
from search.winner.formats import formats
from tests.winner.drawn import bundle_by_chance, digits, model_by_chance, trained_by_chance


@pytest.fixture
def bundle(exported: Exported, tmp_path: Path) -> Bundle:
    """A copy that may be damaged."""
    return Bundle(Path(shutil.copytree(exported.bundle.folder, tmp_path / "bundle")))


def damaged(path: Path, how: str) -> None:
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "torn":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_bytes(b"no model at all" * 100)


@pytest.mark.parametrize("how", ["missing", "empty", "torn", "other"])
@pytest.mark.parametrize("name", ["safetensors", "onnx", "torch_export", "onnx_int8"])
def test_a_damaged_file_is_refused(name: str, how: str, bundle: Bundle) -> None:
    path = bundle.folder / formats[name].build.files[0]
    damaged(path, how)
    with pytest.raises(BundleError, match=path.name):
        formats[name].build().open(bundle)


@pytest.mark.slow  # executorch takes 18 s to import
@pytest.mark.parametrize("how", ["missing", "empty", "torn", "other"])
def test_a_damaged_file_for_phones_is_refused(how: str, tmp_path: Path) -> None:
    pytest.importorskip("executorch")
    data = digits()
    config, model = model_by_chance("cnn", data)
    bundle = bundle_by_chance(tmp_path, trained_by_chance(data, (config, model, 1.0)), "executorch")
    damaged(bundle.executorch, how)
    with pytest.raises(BundleError, match="cannot be opened by ExecuTorch"):
        formats["executorch"].build().open(bundle)


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.place,))


def with_part(path: Path, name: str, content: bytes) -> None:
    """Replace or add a part of an archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
        root = archive.namelist()[0].partition("/")[0]
    parts[f"{root}/{name}"] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


def test_example_inputs_that_would_run_code_are_not_unpickled(bundle: Bundle, tmp_path: Path) -> None:
    written = io.BytesIO()
    torch.save(Evil(tmp_path / "ran"), written)
    with_part(bundle.torch_export, "data/sample_inputs/model.pt", written.getvalue())
    with pytest.raises(BundleError, match="is damaged"):
        formats["torch_export"].build().open(bundle)
    assert not (tmp_path / "ran").exists()


def test_pickled_weights_are_not_opened(bundle: Bundle) -> None:
    config = {"config": {"weight": {"path_name": "weight_0", "use_pickle": True}}}
    with_part(bundle.torch_export, "data/weights/model_weights_config.json", json.dumps(config).encode())
    with pytest.raises(BundleError, match="pickled"):
        formats["torch_export"].build().open(bundle)


@pytest.mark.parametrize(
    "name", ["data/constants/custom_obj_0", "extra/evil.pkl", "data/aotinductor/model.so"]
)
def test_parts_that_are_no_plain_tensors_are_not_opened(name: str, bundle: Bundle) -> None:
    with_part(bundle.torch_export, name, b"anything")
    with pytest.raises(BundleError, match="is no part of a model of plain tensors"):
        formats["torch_export"].build().open(bundle)
