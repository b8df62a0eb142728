"""The registry of architectures: what each must be, whoever writes it.

An architecture is a function ``build(shape, classes, *, settings…) -> nn.Module``. ``shape`` is (C, H, W) of
one image. The module maps float images (N, C, H, W), normalised, to logits (N, classes), for every H and W
from 8 up. It is built on the current default device, so that the meta device yields its cost without memory.
Dropout is the module's own, drawn from torch's global generator, and off in `eval()`.

Where it has a setting ``auxiliary``, that is the weight of auxiliary classifiers: above 0 the module returns in
training mode `search.training.auxiliary.WithAuxiliary`. They are called as torchvision calls them, and only training
builds them: all else builds the module with ``auxiliary=0`` and gives it the same weights but theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from torch import nn

from search.plan.registry import Entry, Registry, did_you_mean, settings_of
from search.plan.vocabulary import Namespace
from search.training.errors import SettingsError

Build = Callable[..., nn.Module]

SMALLEST = 8


@dataclass(frozen=True)
class Architecture(Entry[Build]):
    """A registered architecture.

    ``weights`` names the enum of torchvision's published weights (``ResNet18_Weights``) whose names of
    parameters are this module's own, head included; None where torchvision has none. ``family`` is the file that
    speaks of it.
    """

    weights: str | None = None
    family: str = ""


@dataclass(frozen=True)
class Library:
    """Another library's architectures: what they are called, what brings them, one entry for all of them.

    Its ``build`` takes the name first: ``build(name, shape, classes, *, settings…)``.
    """

    names: Callable[[], tuple[str, ...]]
    install: str
    entry: Architecture


class Architectures(Registry[Build]):
    """Architectures by name, and those of other libraries under a prefix."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self._libraries: dict[str, Library] = {}

    def register(
        self, name: str, *, weights: str | None = None, family: str | None = None
    ) -> Callable[[Build], Build]:
        """Register the decorated function under a name.

        Args:
            name: what a space calls it.
            weights: the name of torchvision's enum of published weights; None: there are none.
            family: the file that speaks of it; None: the function's own.

        Raises:
            ValueError: the name is taken.
            TypeError: a keyword-only argument has no default or an annotation that is no setting.
        """
        add = super().register(name)

        def decorate(build: Build) -> Build:
            add(build)
            of_file = build.__module__.rpartition(".")[2]
            entry = vars(self._entries[name])
            self._entries[name] = Architecture(**entry, weights=weights, family=family or of_file)
            return build

        return decorate

    def register_library(
        self, prefix: str, *, names: Callable[[], tuple[str, ...]], install: str
    ) -> Callable[[Build], Build]:
        """Register the decorated function for all names under a prefix.

        Args:
            prefix: with its slash, such as ``timm/``.
            names: returns all names, prefix included, without importing the library; none where it is missing.
            install: what then must be done, as the end of a sentence with "expected" or "needs".
        """

        def decorate(build: Build) -> Build:
            entry = Architecture(f"{prefix}*", build, settings_of(build))
            self._libraries[prefix] = Library(names, install, entry)
            return build

        return decorate

    def namespaces(self) -> Mapping[Namespace, Entry[Build]]:
        """Return the prefixes with their names, each with the entry that stands for all of them."""
        return {
            Namespace(prefix, library.names(), library.install): library.entry
            for prefix, library in self._libraries.items()
        }

    def __getitem__(self, name: str) -> Architecture:
        """Return the architecture of that name.

        Raises:
            KeyError: there is none; the message names the nearest and all the others.
        """
        library = self._libraries.get(f"{name.partition('/')[0]}/")
        if library is None:
            return cast(Architecture, super().__getitem__(name))
        if not library.names():
            raise KeyError(f"{name!r} needs {library.install}")
        if name not in library.names():
            raise KeyError(f"no {self.kind} is called {name!r}{did_you_mean(name, library.names())}")
        return replace(library.entry, name=name, build=partial(library.entry.build, name))


architectures = Architectures("architecture")


def check_shape(name: str, shape: tuple[int, int, int], smallest: int = SMALLEST) -> None:
    """Refuse images that an architecture cannot take.

    Args:
        name: the architecture, for the message.
        shape: (channels, height, width) in pixels.
        smallest: the least side that it takes, in pixels.

    Raises:
        SettingsError: other than 1 or 3 channels, or a side below the smallest.
    """
    channels, height, width = shape
    if channels not in (1, 3):
        raise SettingsError(f"{name} takes images of 1 or 3 channels, but these have {channels}")
    if min(height, width) < smallest:
        raise SettingsError(
            f"{name} takes images from {smallest}×{smallest} pixels up, but these are {height}×{width}; "
            f"set data.size to {smallest} or more"
        )
