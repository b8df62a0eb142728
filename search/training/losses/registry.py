"""The registry of losses: what each must be, whoever writes it.

A loss is a function ``loss(logits, labels, *, settings…) -> Tensor``: the mean over the batch as a scalar.
``logits`` are (N, classes) in any floating type, ``labels`` (N,) int64. It is what training minimises;
``val/loss`` is always the plain cross-entropy, so that trials with different losses can be compared.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from search.plan.registry import Registry

Loss = Callable[..., Tensor]

losses: Registry[Loss] = Registry("loss")
