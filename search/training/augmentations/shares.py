"""Random shares from 0 to 1, by which images are mixed."""

from __future__ import annotations

import torch
from torch import Tensor


def beta(count: int, alpha: float, generator: torch.Generator) -> Tensor:
    """Draw (count,) float32 numbers of the distribution Beta(alpha, alpha), on the generator's device.

    `torch.distributions.Beta` is the same call without a generator of one's own.

    Args:
        count: how many.
        alpha: above 0: near 0 they lie at 0 and 1, at 1 they are uniform, above at 1/2.
        generator: all that they depend on.
    """
    both = torch.full((count, 2), alpha, dtype=torch.float64, device=generator.device)
    return torch._sample_dirichlet(both, generator=generator)[:, 0].float()
