"""The registry of formats: what each must be, whoever writes it.

A format is a function ``write(trained, bundle)`` that writes its files into the bundle's folder, which is new and
becomes visible when all of its files are there and were checked. To write one more: one file here, registered by
its decorator, imported in `search.winner.formats`.
"""

from __future__ import annotations

from collections.abc import Callable

from search.plan.registry import Registry
from search.winner.bundle import Bundle
from search.winner.candidate import Trained

Format = Callable[[Trained, Bundle], None]

formats: Registry[Format] = Registry("format")
