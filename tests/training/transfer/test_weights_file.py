"""Where weights are looked for, how they come, and what is said where they do not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from search.training.errors import WeightsError
from search.training.transfer.published import Published, published
from search.training.transfer.weights_file import local_file, places, published_file, read_weights
from tests.training.transfer.made import MEAN, SIZE, STD, named_by_content

WEIGHTS = {"a.weight": torch.arange(6.0).view(2, 3), "a.bias": torch.ones(2)}


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A file on a server, named by its content."""
    (tmp_path / "server").mkdir()
    torch.save(WEIGHTS, tmp_path / "server" / "tiny.pth")
    return named_by_content(tmp_path / "server" / "tiny.pth")


def known(url: str) -> Published:
    return Published("Tiny_Weights.DEFAULT", url, url.rpartition("/")[2], MEAN, STD, SIZE)


def same(found: object) -> bool:
    assert isinstance(found, dict)
    return found.keys() == WEIGHTS.keys() and all(torch.equal(found[name], WEIGHTS[name]) for name in WEIGHTS)


def test_torchvisions_table_is_read() -> None:
    """ResNet-18's of 2017, whose file everybody has."""
    found = published("resnet18")
    assert found is not None
    assert (found.name, found.file) == ("ResNet18_Weights.IMAGENET1K_V1", "resnet18-f37072fd.pth")
    assert (found.digest, found.mean, found.std, found.size) == ("f37072fd", MEAN, STD, 224)
    assert published("lenet5") is None


def test_timms_table_is_read() -> None:
    """With timm's extra; its files are all called model.safetensors where they are published."""
    pytest.importorskip("timm")
    found = published("timm/vit_tiny_patch16_224")
    assert found is not None
    assert found.file == "timm-vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors"
    address = (
        "https://huggingface.co/timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k/resolve/main/model.safetensors"
    )
    assert (found.url, found.digest, found.size, found.mean) == (address, "", 224, (0.5, 0.5, 0.5))


def test_weights_are_fetched_once_and_checked(served: Path, hub: Path) -> None:
    found = published_file(known(served.as_uri()))
    assert found == hub / served.name
    served.unlink()
    assert published_file(known(served.as_uri())) == found
    assert same(read_weights(found, digest=known(served.as_uri()).digest).weights)


def test_the_users_own_folder_comes_first(
    served: Path, hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path / "mine", hub):
        folder.mkdir(parents=True)
        shutil.copy(served, folder)
    monkeypatch.setenv("WINNOW_WEIGHTS", str(tmp_path / "mine"))
    assert places() == [tmp_path / "mine", hub]
    assert published_file(known(served.as_uri())) == tmp_path / "mine" / served.name


def test_without_a_network_the_file_its_address_and_its_folder_are_named(hub: Path) -> None:
    address = "http://127.0.0.1:9/models/tiny-01234567.pth"  # nobody listens there
    with pytest.raises(WeightsError) as caught:
        published_file(known(address))
    assert str(caught.value).startswith(
        f"the weights tiny-01234567.pth are not in {hub}, and cannot be fetched ("
    )
    assert str(caught.value).endswith(f"): put the file from {address} into {hub}")
    assert not any(hub.parent.rglob("*.pth"))


def test_a_file_that_came_damaged_is_not_kept(served: Path, hub: Path) -> None:
    other = served.rename(served.with_name("tiny-01234567.pth"))
    with pytest.raises(WeightsError, match=r"what came has the SHA-256 \w{8}…, not 01234567…"):
        published_file(known(other.as_uri()))
    assert not list(hub.iterdir())


def test_a_damaged_file_is_named(served: Path) -> None:
    served.write_bytes(served.read_bytes()[:-1])
    digest = known(served.as_uri()).digest
    with pytest.raises(
        WeightsError, match=f"{served} is damaged: its SHA-256 begins with .*{digest} is expected"
    ):
        read_weights(served, digest=digest)


@pytest.mark.parametrize("inside", [None, "state_dict", "model"])
def test_checkpoints_of_others_are_read(inside: str | None, tmp_path: Path) -> None:
    torch.save({inside: WEIGHTS, "epoch": 3} if inside else WEIGHTS, tmp_path / "x.pt")
    assert same(read_weights(tmp_path / "x.pt").weights)


def test_a_bundle_is_read_with_the_figures_of_its_images(tmp_path: Path) -> None:
    save_file(WEIGHTS, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"mean": [0.5], "std": [0.25]}))
    found = read_weights(local_file(str(tmp_path)))
    assert same(found.weights)
    assert (found.mean, found.std) == ((0.5,), (0.25,))


def test_a_damaged_safetensors_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"no weights")
    with pytest.raises(WeightsError, match=r"x\.safetensors cannot be read as weights"):
        read_weights(tmp_path / "x.safetensors")


class Trap:
    """Runs code where it is unpickled without care."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('run')",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (Trap(), "cannot be read as weights"),
        ([1, 2], "holds no weights"),
        ({"state_dict": {}}, "holds no weights"),
        ({"a": 1}, "holds no weights"),
    ],
)
def test_what_is_no_weights_is_refused_and_never_run(content: object, words: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(WeightsError, match=words):
        read_weights(tmp_path / "x.pt")


def test_a_missing_file_is_told_with_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"there are no weights .*no\.pt: expected is a file \.pt, \.pth"):
        local_file(str(tmp_path / "no.pt"))


def test_a_job_finds_a_projects_file_in_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a cluster the project's folder lies elsewhere; plugins are found likewise."""
    monkeypatch.setattr("search.plan.plugins.JOB", tmp_path)
    monkeypatch.setenv("WINNOW_PROJECT", "/home/ada/project")
    torch.save(WEIGHTS, tmp_path / "mine.pt")
    assert local_file("/home/ada/project/mine.pt") == tmp_path / "mine.pt"
    assert isinstance(read_weights(tmp_path / "mine.pt").weights["a.bias"], Tensor)
