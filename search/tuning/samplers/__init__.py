"""Samplers: what is tried next. One file each; a sampler is an Optuna `BaseSampler`, made anew for each ask."""

from __future__ import annotations

from collections.abc import Callable

from optuna.samplers import BaseSampler

from search.plan.registry import Registry

Build = Callable[..., BaseSampler]
samplers: Registry[Build] = Registry("sampler")
"""Every sampler by name. A part is built as ``build(seed, levels, **settings)``.

``seed`` differs for every ask and is the same again after a crash; ``levels`` are the epochs at which trials
are comparable: the rungs and the horizon, increasing.
"""
