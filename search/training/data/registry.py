"""The registry of data sets: what each must be, whoever writes it.

A data set is a function ``source(config, directory) -> Source``. ``config`` is the run's `DataConfig`,
``directory`` the folder that the user named, or None. It looks at names, sizes and times only (downloading what
is missing), and leaves all decoding to `Source.decode`, which the cache calls once per machine. Its splits are
train, and validation and test where the set brings them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from search.plan.registry import Registry
from search.plan.trial_config import DataConfig
from search.training.data.source import Source

Locate = Callable[[DataConfig, Path | None], Source]

datasets: Registry[Locate] = Registry("data set")
