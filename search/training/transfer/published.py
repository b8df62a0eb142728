"""Which weights an architecture has been published with: torchvision's own table of files, sizes and statistics."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import urlparse

from search.training.architectures import architectures
from search.training.architectures.from_timm import PREFIX

FROM_TENSORFLOW = ("GoogLeNet_Weights", "Inception_V3_Weights")
"""Their torchvision models rescale what the transforms have normalised (`transform_input`), to what TensorFlow had."""

HALF = (0.5, 0.5, 0.5)

DIGEST = re.compile(r"-([0-9a-f]{8,})\.")
"""torch's own convention: a file's name holds the first digits of its SHA-256."""


@dataclass(frozen=True)
class Published:
    """Weights that anybody can fetch.

    ``name`` is what their publisher calls them, ``file`` what the file is called on this machine, ``mean`` and ``std``
    (scale 0-1) normalise what they see, ``size`` is the side in pixels of the images that they were made for.
    """

    name: str
    url: str
    file: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: int

    @property
    def digest(self) -> str:
        """The first digits of the file's SHA-256 that its name holds; empty where it holds none."""
        found = DIGEST.search(self.file)
        return found[1] if found else ""


@lru_cache
def published(architecture: str) -> Published | None:
    """Return an architecture's published weights, the best where there are several; None where there are none."""
    if architecture.startswith(PREFIX):
        return _of_timm(architecture.removeprefix(PREFIX))
    name = architectures[architecture].weights
    return None if name is None else _of_torchvision(name)


def _of_torchvision(name: str) -> Published:
    # Late: torchvision takes seconds to import.
    from torchvision import models  # type: ignore[import-untyped]  # noqa: PLC0415

    best = getattr(models, name).DEFAULT
    seen = best.transforms()
    mean, std = (HALF, HALF) if name in FROM_TENSORFLOW else (tuple(seen.mean), tuple(seen.std))
    file = PurePosixPath(urlparse(best.url).path).name
    return Published(str(best), best.url, file, mean, std, int(seen.crop_size[0]))


def _of_timm(name: str) -> Published | None:
    # Late: an extra, and it takes seconds to import.
    import timm  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415

    known = timm.get_pretrained_cfg(name)
    if known is None or not known.hf_hub_id:
        return None
    tag = f"{name}.{known.tag}" if known.tag else name
    url = f"https://huggingface.co/{known.hf_hub_id}/resolve/main/model.safetensors"
    file = f"timm-{tag}.safetensors"
    return Published(f"timm/{tag}", url, file, known.mean, known.std, known.input_size[-1])
