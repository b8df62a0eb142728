"""Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) for hidden weights, AdamW for others; torch's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from search.plan.registry import Range
from search.training.optimizers.registry import LearningRate, Momentum, decay_groups, optimizers


@optimizers.register("muon")
def muon(
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: LearningRate = 1e-3,
    momentum: Momentum = 0.95,
    weight_decay: Annotated[
        float, Range(0, 10, "decay per step and learning rate; not on biases, norms")
    ] = 0.1,
) -> torch.optim.Optimizer:
    """Build Muon for a model's hidden weights, with AdamW for its first and last weights, biases and norms.

    Jordan's rule: Muon is for hidden matrices, and convolutions count as matrices of one row an output channel; AdamW
    is better for the layer that reads the images, for the classifier, and for vectors. A step is scaled as long as
    AdamW's (Liu et al. 2025, "Muon is Scalable for LLM Training"), so both share learning rate and weight decay.

    Args:
        parameters: of a model, in the order of its layers, each once; they must have come to their device and memory
            format, since Muon steps on views of them.
        learning_rate: peak step size, AdamW's.
        momentum: Muon's; Nesterov's form.
        weight_decay: share of each weight, times the learning rate, taken off at each step.

    Returns:
        The optimizer; the defaults are torch's.
    """
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    hidden = _hidden(trained)
    inside = set(map(id, hidden))
    others = [parameter for parameter in trained if id(parameter) not in inside]
    outer = torch.optim.AdamW(decay_groups(others, weight_decay), lr=learning_rate, fused=True)
    if not hidden:
        return outer
    matrices = {parameter: _matrix(parameter) for parameter in hidden}
    groups = decay_groups(hidden, weight_decay)
    flat = [{**group, "params": [matrices[each] for each in group["params"]]} for group in groups]
    inner = torch.optim.Muon(flat, lr=learning_rate, momentum=momentum, adjust_lr_fn="match_rms_adamw")
    return Together(outer, inner, matrices)


class Together(torch.optim.Optimizer):
    """AdamW and Muon as one optimizer.

    Args:
        outer: steps on some parameters.
        inner: steps on matrices.
        matrices: which parameter each of these is a view of.
    """

    def __init__(
        self,
        outer: torch.optim.Optimizer,
        inner: torch.optim.Optimizer,
        matrices: Mapping[nn.Parameter, nn.Parameter],
    ) -> None:
        super().__init__([parameter for group in outer.param_groups for parameter in group["params"]], {})
        self._parts, self._matrices = {"outer": outer, "inner": inner}, matrices
        self._share_groups()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        self._parts["outer"].zero_grad(set_to_none)
        for parameter in self._matrices:
            parameter.grad = None

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step; parameters without a gradient stay where they are."""
        for parameter, matrix in self._matrices.items():
            matrix.grad = None if parameter.grad is None else _flat(parameter.grad, like=parameter)
        for part in self._parts.values():
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of both."""
        return {name: part.state_dict() for name, part in self._parts.items()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken."""
        for name, part in self._parts.items():
            part.load_state_dict(state_dict[name])
        self._share_groups()

    def _share_groups(self) -> None:
        """Let a learning rate that is set here be that of the part, which makes new groups when it is restored."""
        self.param_groups = [group for part in self._parts.values() for group in part.param_groups]


def _hidden(trained: Sequence[nn.Parameter]) -> list[nn.Parameter]:
    """Return the matrices between the first, which reads the images, and the last, which names the classes."""
    return [p for p in trained if p.ndim > 1 and len(p) > 1][1:-1]


def _matrix(parameter: nn.Parameter) -> nn.Parameter:
    return nn.Parameter(_flat(parameter.detach(), like=parameter))


def _flat(tensor: Tensor, *, like: nn.Parameter) -> Tensor:
    """Return (out, all the rest), of the parameter itself a view, also where its channels are last in memory.

    Then the columns come in another order, which Muon's steps follow: they are U Vᵀ of U S Vᵀ.
    """
    ordered = tensor if like.is_contiguous() else tensor.movedim(1, -1)
    return ordered.flatten(1)
