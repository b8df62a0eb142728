"""Several models as one: the mean of what they hold for likely, weighted."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """Answers with the logarithm of the weighted mean of its members' probabilities.

    These are logits: their softmax is the mean itself. ``forward`` takes what each member takes, normalized images
    (N, C, H, W), and returns (N, classes).

    Args:
        members: models that take the same images and know the same classes in the same order.
        shares: the weight of each, positive; they sum to 1.

    Raises:
        ValueError: no members, or another number of shares.
    """

    log_shares: Tensor

    def __init__(self, members: Sequence[nn.Module], shares: Sequence[float]) -> None:
        super().__init__()
        if not members or len(members) != len(shares):
            raise ValueError(
                f"a share for each member must be given, but got {len(members)} and {len(shares)}"
            )
        self.members = nn.ModuleList(members)
        # In logarithms: a sum of exponentials cannot underflow where a product of small probabilities could. Not in
        # the state: config.json has the shares.
        self.register_buffer("log_shares", torch.tensor(shares, dtype=torch.float32).log(), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, classes) of images (N, C, H, W)."""
        said = torch.stack([member(images).log_softmax(dim=1) for member in self.members])
        return torch.logsumexp(
            said + self.log_shares[:, None, None], dim=0
        )  # (members, N, classes) -> (N, classes)
