"""The registry of formats: what each must be, whoever writes it; no torch, so that `--list` answers at once.

To write one more: one file here with a class below `Format`, registered by its decorator, imported in
`search.winner.formats`. What it writes is checked by `search.winner.verify`, whoever wrote it.
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy.typing as npt

from search.plan.registry import Entry, Registry
from search.winner.bundle import Bundle

if TYPE_CHECKING:  # torch is behind it
    from search.winner.candidate import Trained

Session = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
"""An opened model: from images (N, C, H, W), float32 and normalized, or uint8 (0-255) where config.json says
`preprocess: inside`, to float32 logits (N, classes). N may be any number from 1."""

PARITY = 1e-4
"""Greatest difference of a logit in float32, as a share of the largest one: engines add up in another order."""


@dataclass(frozen=True)
class Package:
    """A package that a format needs: the module that is imported, and what `pip install` calls it."""

    module: str
    pip: str


class Format(ABC):
    """A way in which a model is written.

    Obligations: ``write`` writes ``files`` and no others into the bundle's folder, which is new, holds config.json
    (and model.safetensors, once this is not the format of that file) and becomes visible when all was checked; what it
    writes depends on nothing else. ``open`` reads these files and config.json alone. Neither prints or changes anything
    of the process. Torch and the engine are imported within the two, since the command line lists formats without them.

    ``packages`` must be installed. ``tolerance`` is the greatest difference of a logit to the trained model's, as a
    share of the largest one. Where ``same_class`` is true the class must be the same for every image, else the
    accuracy may fall by `MOST_LOST` of what it was.
    """

    files: ClassVar[tuple[str, ...]]
    packages: ClassVar[tuple[Package, ...]] = ()
    tolerance: ClassVar[float] = PARITY
    same_class: ClassVar[bool] = True

    @abstractmethod
    def write(self, trained: Trained, bundle: Bundle) -> None:
        """Write the files."""

    @abstractmethod
    def open(self, bundle: Bundle, *, threads: int | None = None) -> Session:
        """Load the files for prediction on the CPU.

        Args:
            bundle: in which they are.
            threads: of the engine, from 1; None: all cores. A format that torch computes has those of the process
                (`torch.set_num_threads`) in any case.

        Raises:
            BundleError: a file is missing or damaged.
        """


formats: Registry[type[Format]] = Registry("format")


def missing(entry: Entry[type[Format]]) -> str | None:
    """Return what `pip install` must be asked for before a format can be used; None where all is there."""
    lacking = [package.pip for package in entry.build.packages if not _is_installed(package.module)]
    return lacking[0] if lacking else None


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
