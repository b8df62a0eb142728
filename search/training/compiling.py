"""`torch.compile` for a model's training steps, which never falls back in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from search.training.errors import SettingsError


def compiled(model: nn.Module, *, backend: str = "inductor") -> Callable[[Tensor], Tensor]:
    """Return a model's forward pass, compiled when it is first called; the model itself and its names stay.

    Each size of batch is compiled for itself: kernels for any size would depend on which sizes came first, and a trial
    that is continued would not be equal to one that was not cut.

    Args:
        model: in training.
        backend: of torch.compile.
    """
    torch._dynamo.reset()  # else the trials of a process share one limit of recompilations
    forward: Callable[[Tensor], Tensor] = torch.compile(model, dynamic=False, backend=backend)
    return forward


@contextmanager
def compile_errors() -> Iterator[None]:
    """Within it a compilation that fails, or is given up, is an error.

    Raises:
        SettingsError: with the compiler's reason.
    """
    from torch._dynamo import config, exc  # noqa: PLC0415 - takes 3.7 CPU seconds where no optimizer was made yet

    try:
        with config.patch(fail_on_recompile_limit_hit=True, suppress_errors=False):
            yield
    except (exc.TorchDynamoException, exc.FailOnRecompileLimitHit) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise SettingsError(
            f"compile is true, but torch.compile cannot compile this model on this machine: {reason}; set compile to "
            "false"
        ) from error
