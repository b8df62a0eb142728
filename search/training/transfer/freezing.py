"""Which blocks of a pretrained network learn, and since when (Howard and Ruder 2018, "ULMFiT", section 3.3)."""

from __future__ import annotations

from collections.abc import Collection

from torch import nn

from search.training.transfer.settings import Transfer


def learning_blocks(transfer: Transfer, epoch: int | None, blocks: int) -> int:
    """Return how many blocks learn, counted from the head.

    Args:
        transfer: with the policy.
        epoch: so many are finished; None: all that ever come.
        blocks: of the network, head included.
    """
    if transfer.freeze == "none" or (transfer.freeze == "gradual" and epoch is None):
        return blocks
    if transfer.freeze == "gradual":
        return min(blocks, 1 + (epoch or 0) // transfer.unfreeze_every)
    return min(blocks, 1 if transfer.freeze == "head" else 2)


def freeze(network: nn.Module, learning: Collection[str]) -> None:
    """Let only some parameters learn; norms without any of them keep their statistics, too.

    Args:
        network: in training mode.
        learning: names of the parameters that learn.
    """
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name in learning)
    for module in network.modules():
        own = list(module.parameters(recurse=False))
        if hasattr(module, "running_mean") and own and not any(p.requires_grad for p in own):
            module.eval()
