"""The blocks of a network in the order of its depth, from the input to the head, whatever its family.

A block is what the network's containers hold: a residual block, an inception module, a layer of a transformer, a
convolution with its norm. Modules stand in the order in which they were registered, which is that of the forward pass
in torchvision's and timm's models. What has no weights of its own, a norm or a position's embedding, belongs to what
is before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from torch import nn

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def blocks(network: nn.Module, head: Collection[str]) -> list[list[str]]:
    """Return the names of the parameters of each block; the last one is the head.

    Args:
        network: with its parameters, on any device.
        head: names of the head, of `head_names`.
    """
    sizes = {name: parameter.numel() for name, parameter in network.named_parameters()}
    large = {name for name, parameter in network.named_parameters() if parameter.ndim > 1}
    found: list[list[str]] = [[]]
    begun = False
    for names, is_module in _parts(network, "", sum(sizes.values())):
        body = [name for name in names if name not in head]
        begins = is_module and bool(large.intersection(body))
        if begins and begun:
            found.append([])
        begun = begun or begins
        found[-1] += body
    return [*(block for block in found if block), [name for name in sizes if name in head]]


def learning_rate_factors(found: list[list[str]], decay: float) -> dict[str, float]:
    """Return by what each parameter's learning rate is multiplied: 1 in the head, less the deeper it lies.

    Args:
        found: of `blocks`.
        decay: the rate of a block beside the next one towards the head.
    """
    return {name: decay**distance for distance, block in enumerate(reversed(found)) for name in block}


def _parts(module: nn.Module, prefix: str, total: int) -> Iterator[tuple[list[str], bool]]:
    """Yield the names of parameters that belong together, and whether they are a module's, not a container's own."""
    own = [prefix + name for name, _ in module.named_parameters(recurse=False)]
    if own:
        yield own, False
    for name, child in module.named_children():
        inside = f"{prefix}{name}."
        if _is_opened(child, total):
            yield from _parts(child, inside, total)
        elif names := [inside + inner for inner, _ in child.named_parameters()]:
            yield names, True


def _is_opened(module: nn.Module, total: int) -> bool:
    """Tell whether a module holds blocks: as a container, or since most of the network is in it."""
    if isinstance(module, CONTAINERS):
        return True
    share = sum(parameter.numel() for parameter in module.parameters())
    return 2 * share > total and any(True for _ in module.children())
