"""How a bundle was checked before it was called exported: verification.json; no torch, so that others can read it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from search.winner.measure_loss import Loss

FORMAT = 2
"""Format 1 had the parity alone."""


@dataclass(frozen=True)
class Parity:
    """How an exported model agrees with the trained one.

    ``images`` were compared; for ``agree`` of them the class is the same. ``undecided`` of the others have their two
    largest logits within the tolerance. ``difference`` is the greatest one of a logit, as a share of the largest
    logit, and at most ``tolerance`` where all is well. ``accuracy`` is the exported model's on these images,
    ``plain_agree`` on how many it says the same when it computes in float32 throughout.
    """

    images: int
    agree: int
    undecided: int
    difference: float
    tolerance: float
    accuracy: float
    plain_agree: int

    @property
    def holds(self) -> bool:
        """Whether the exported model is the trained one."""
        return self.difference <= self.tolerance and self.agree + self.undecided == self.images


@dataclass(frozen=True)
class Latency:
    """Seconds of one call, the median of several: of one image and of 32, with one thread and with all.

    ``threads`` are all: those that the process may use.
    """

    latency_1: float
    latency_32: float
    latency_1_all: float
    latency_32_all: float
    threads: int


@dataclass(frozen=True)
class FormatCheck:
    """What was seen of one format's files when they were loaded again.

    ``bytes`` are those of its ``files``. ``difference`` (the greatest one of a logit, as a share of the largest one)
    and ``agree`` (images with the same class) are to the model ``against``, on ``images`` validation images; in
    ``undecided`` further ones that model's two largest logits are within the tolerance. ``accuracy`` is the format's
    own on these images, ``loss`` by how much that is below the accuracy of ``against``, of formats that may lose some.
    """

    name: str
    files: tuple[str, ...]
    bytes: int
    against: str
    images: int
    agree: int
    undecided: int
    difference: float
    tolerance: float
    accuracy: float
    loss: Loss | None
    latency: Latency

    def to_json(self) -> dict[str, Any]:
        """Return this as a flat document."""
        document = {**asdict(self), "files": list(self.files)}
        latency = document.pop("latency")
        bounds: dict[str, float | None] = {"loss": None, "loss_low": None, "loss_high": None}
        if self.loss is not None:
            bounds = {"loss": self.loss.mean, "loss_low": self.loss.low, "loss_high": self.loss.high}
        return {**document, **latency, **bounds}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> FormatCheck:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: it is another document.
        """
        rest = dict(document)
        latency = Latency(**{name: rest.pop(name) for name in Latency.__dataclass_fields__})
        mean, low, high = (rest.pop(name) for name in ("loss", "loss_low", "loss_high"))
        files = tuple(rest.pop("files"))
        return cls(**rest, files=files, latency=latency, loss=None if mean is None else Loss(mean, low, high))


@dataclass(frozen=True)
class Verification:
    """All that was checked: the weights against the trained model, each format against the weights.

    ``split_images`` are those of the whole validation split, of which ``parity.images`` were compared. ``machine``
    says in words where the latencies were measured.
    """

    parity: Parity
    formats: tuple[FormatCheck, ...]
    split_images: int
    machine: str

    def to_json(self) -> dict[str, Any]:
        """Return this as a document; the parity stands at its top, as in format 1."""
        return {
            "format": FORMAT,
            "split": "validation",
            "split_images": self.split_images,
            "machine": self.machine,
            **asdict(self.parity),
            "formats": [one.to_json() for one in self.formats],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Verification:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: it is another document.
        """
        parity = Parity(**{name: document[name] for name in Parity.__dataclass_fields__})
        formats = tuple(map(FormatCheck.from_json, document["formats"]))
        return cls(parity, formats, document["split_images"], document["machine"])
