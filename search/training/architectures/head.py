"""The last layer with dropout before it, and without another name for its weights."""

from __future__ import annotations

from typing import Annotated, Any

from torch import Tensor, nn

from search.plan.registry import Range

Dropout = Annotated[float, Range(0, 0.95, "share of features dropped before the last layer")]


class DropoutLinear(nn.Linear):
    """A linear layer behind dropout.

    Its parameters are called ``weight`` and ``bias``, as if no dropout were there, so that published weights
    and those of a model without dropout fit. It also takes the names of a `Sequential(Dropout, Linear)`.

    Args:
        linear: whose parameters it takes over.
        dropout: share of features dropped, 0 to 1 (Srivastava et al. 2014).
    """

    def __init__(self, linear: nn.Linear, dropout: float) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias
        self.dropout = nn.Dropout(dropout)
        self.register_load_state_dict_pre_hook(_take_old_names)  # type: ignore[no-untyped-call]

    def forward(self, features: Tensor) -> Tensor:
        """Return logits (N, classes) of features (N, in)."""
        return super().forward(self.dropout(features))


def _take_old_names(_module: nn.Module, state: dict[str, Tensor], prefix: str, *_: Any) -> None:
    """Checkpoints of ResNets once had `fc.1.weight`: the linear layer stood second in a sequence."""
    for name in ("weight", "bias"):
        if f"{prefix}1.{name}" in state:
            state[prefix + name] = state.pop(f"{prefix}1.{name}")


def drop_before(model: nn.Module, name: str, dropout: float) -> None:
    """Let dropout stand before a linear layer of a model.

    Args:
        model: is changed in place.
        name: of the layer, as in `nn.Module.named_modules`.
        dropout: share of features dropped, 0 to 1.
    """
    linear = model.get_submodule(name)
    if not isinstance(linear, nn.Linear):
        raise TypeError(f"{name} must be a linear layer, not {type(linear).__name__}")
    model.set_submodule(name, DropoutLinear(linear, dropout))
