"""A bundle on disk: the names of its files, and their checksums; no torch, so that the dashboard can read it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from search.runs.layout import write_text

LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_.-]+)")


class BundleError(ValueError):
    """A folder is no bundle, or a damaged one; the message says where and why."""


@dataclass(frozen=True)
class Bundle:
    """A folder with a model's weights and all that is needed to use them."""

    folder: Path

    @property
    def config(self) -> Path:
        """What the model is: configuration, classes, input; `Description` reads it."""
        return self.folder / "config.json"

    @property
    def weights(self) -> Path:
        """The weights."""
        return self.folder / "model.safetensors"

    @property
    def onnx(self) -> Path:
        """The model for ONNX Runtime."""
        return self.folder / "model.onnx"

    @property
    def onnx_int8(self) -> Path:
        """The model for ONNX Runtime in 8-bit integers."""
        return self.folder / "model-int8.onnx"

    @property
    def torch_export(self) -> Path:
        """The model for `torch.export.load`."""
        return self.folder / "model.pt2"

    @property
    def executorch(self) -> Path:
        """The model for phones."""
        return self.folder / "model.pte"

    @property
    def labels(self) -> Path:
        """The names of the classes, one a line, in the order of the logits."""
        return self.folder / "labels.txt"

    @property
    def recipe(self) -> Path:
        """The configuration for a person to read, and to train again."""
        return self.folder / "recipe.yaml"

    @property
    def verification(self) -> Path:
        """How each written file was checked against the trained model, and how fast it is."""
        return self.folder / "verification.json"

    @property
    def card(self) -> Path:
        """All that a person wants to know before he uses the model."""
        return self.folder / "MODEL_CARD.md"

    @property
    def confusion(self) -> Path:
        """The confusion matrix, for the card."""
        return self.folder / "confusion.png"

    @property
    def curves(self) -> Path:
        """The learning curves, for the card."""
        return self.folder / "curves.png"

    @property
    def checksums(self) -> Path:
        """SHA-256 of each other file, for `sha256sum --check`; written last."""
        return self.folder / "SHA256SUMS"


def write_checksums(bundle: Bundle) -> None:
    """Write the checksum of every file that is there."""
    files = sorted(path for path in bundle.folder.iterdir() if path != bundle.checksums)
    write_text(bundle.checksums, "".join(f"{checksum(path)}  {path.name}\n" for path in files))


def read_checksums(bundle: Bundle) -> dict[str, str]:
    """Return the checksum of each file of a finished bundle by name.

    Raises:
        BundleError: there are none, or they are damaged.
    """
    try:
        lines = bundle.checksums.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise BundleError(f"{bundle.folder} is no bundle: {bundle.checksums.name} cannot be read") from error
    found = [LINE.fullmatch(line) for line in lines]
    if not found or not all(found):
        raise BundleError(f"{bundle.checksums} is damaged")
    return {match[2]: match[1] for match in found if match}


def refuse_changed(bundle: Bundle, *files: Path) -> None:
    """Compare files that a model is rebuilt from with the checksums that were written when it was exported.

    Args:
        bundle: that they belong to.
        files: the paths of some in it.

    Raises:
        BundleError: one is missing or another; or this is no bundle.
    """
    known = read_checksums(bundle)
    for path in files:
        if path.name not in known:
            raise BundleError(f"{bundle.checksums} does not name {path.name}")
        try:
            found = checksum(path)
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror}") from error
        if found != known[path.name]:
            raise BundleError(
                f"{path} is not the file that was exported: its SHA-256 is {found[:12]}…, but {bundle.checksums.name} "
                f"says {known[path.name][:12]}…; export it again"
            )


def checksum(path: Path) -> str:
    """Return a file's SHA-256, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
