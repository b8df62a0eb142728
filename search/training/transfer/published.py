"""Which weights an architecture has been published with: torchvision's own table of files, sizes and statistics."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import urlparse

from search.training.architectures import architectures

DIGEST = re.compile(r"-([0-9a-f]{8,})\.")
"""torch's own convention: a file's name holds the first digits of its SHA-256."""


@dataclass(frozen=True)
class Published:
    """Weights that anybody can fetch.

    ``name`` is what their publisher calls them, ``mean`` and ``std`` (scale 0-1) normalise what they see, ``size`` is
    the side in pixels of the images that they were made for.
    """

    name: str
    url: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: int

    @property
    def file(self) -> str:
        """The name of the file."""
        return PurePosixPath(urlparse(self.url).path).name

    @property
    def digest(self) -> str:
        """The first digits of the file's SHA-256 that its name holds; empty where it holds none."""
        found = DIGEST.search(self.file)
        return found[1] if found else ""


@lru_cache
def published(architecture: str) -> Published | None:
    """Return an architecture's published weights, the best where there are several; None where there are none."""
    name = architectures[architecture].weights
    if name is None:
        return None
    # Late: torchvision takes seconds to import.
    from torchvision import models  # type: ignore[import-untyped]  # noqa: PLC0415

    best = getattr(models, name).DEFAULT
    seen = best.transforms()
    return Published(str(best), best.url, tuple(seen.mean), tuple(seen.std), int(seen.crop_size[0]))
