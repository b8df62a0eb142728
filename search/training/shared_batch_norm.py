"""Batch norm over the whole batch where several processes have a share of it each.

With it a trial's curve does not depend on how many processes train it. On GPUs torch's own `SyncBatchNorm`, which
refuses a CPU's tensors (torch 2.15); on the CPU the same here.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from search.training.team import Team

Norm = nn.modules.batchnorm._BatchNorm


def share_batch_norm(model: nn.Module, team: Team, device: torch.device) -> nn.Module:
    """Let every batch norm of a model see the whole batch.

    Args:
        model: on the device; its parameters, buffers and their names stay.
        team: whose processes all do this; alone nothing changes.
        device: where it trains.

    Returns:
        The model.
    """
    if team.size == 1:
        return model
    if device.type == "cuda":
        shared: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return shared
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, Norm):
                setattr(module, name, SharedBatchNorm(child, team))
    return model


class SharedBatchNorm(Norm):
    """A batch norm whose mean and variance in training are those of all processes' images.

    Args:
        norm: whose parameters and buffers it takes over.
        team: its processes; all call it equally often, forwards and backwards, each with at least one value a channel.
    """

    def __init__(self, norm: Norm, team: Team) -> None:
        super().__init__(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        self.weight, self.bias = norm.weight, norm.bias
        for name, buffer in norm.named_buffers(recurse=False):
            self.register_buffer(name, buffer)
        self.training = norm.training
        self._team = team

    def _check_input_dim(self, images: Tensor) -> None:
        """Take what the replaced one took: (N, C) or (N, C, …)."""

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def forward(self, images: Tensor) -> Tensor:
        """Normalise (N, C, …), in training by all processes' images, else by the running means."""
        if not self.training:
            return super().forward(images)
        mean, variance, count = self._of_all(images.float())
        if self.running_mean is not None and self.running_var is not None:
            self._follow(mean.detach(), variance.detach() * count / (count - 1))
        scale = torch.rsqrt(variance + self.eps)
        shift = -mean * scale
        if self.affine:
            scale, shift = scale * self.weight, shift * self.weight + self.bias
        along = (1, -1, *[1] * (images.ndim - 2))
        return torch.addcmul(shift.view(along), images.float(), scale.view(along)).to(images.dtype)

    def _of_all(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return mean, variance (C,) and number of values of all processes' images (Chan et al. 1979)."""
        over = [0, *range(2, images.ndim)]
        variance, mean = torch.var_mean(images, dim=over, correction=0)
        count = mean.new_tensor([images.numel() / images.shape[1]])
        table = mean.new_zeros(self._team.size, 2 * len(mean) + 1)
        row = torch.arange(self._team.size, device=mean.device) == self._team.rank
        table = _summed(torch.where(row[:, None], torch.cat([mean, variance, count]), table))
        means, variances, counts = table.split([len(mean), len(mean), 1], dim=1)  # type: ignore[no-untyped-call]
        shares = counts / counts.sum()
        mean = (shares * means).sum(dim=0)
        return mean, (shares * (variances + (means - mean) ** 2)).sum(dim=0), counts.sum().detach()

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """Let the running means follow, as `nn.BatchNorm2d` does."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


class _Sum(torch.autograd.Function):
    """The sum over all processes; what each gives counts in every process's loss, so that gradients are summed, too."""

    @staticmethod
    def forward(context: Any, tensor: Tensor) -> Tensor:
        total = tensor.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        return _Sum.forward(None, gradients[0].contiguous())


def _summed(tensor: Tensor) -> Tensor:
    total: Tensor = _Sum.apply(tensor)
    return total
