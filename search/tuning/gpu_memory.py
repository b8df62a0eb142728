"""What this process takes of its GPU, and the most that it may take."""

from __future__ import annotations

from dataclasses import dataclass

import torch

CONTEXT = 512 * 2**20
"""Bytes that CUDA itself takes for a process, beside torch's tensors: 300 to 500 MiB with cuDNN and cuBLAS loaded."""


@dataclass(frozen=True)
class Taken:
    """The most bytes that this process has taken of its GPU, and all that the GPU has; 0 without CUDA."""

    peak: int = 0
    total: int = 0


def taken(*, alone: bool) -> Taken:
    """Measure what was taken since `begin`.

    Args:
        alone: no other process uses the GPU, so that what CUDA's context takes can be measured, too; else a
            usual context is assumed.
    """
    if not torch.cuda.is_available():
        return Taken()
    free, total = torch.cuda.mem_get_info()
    context = total - free - torch.cuda.memory_reserved() if alone else CONTEXT
    return Taken(torch.cuda.max_memory_reserved() + max(context, 0), total)


def begin(*, share: float, limit: int | None) -> None:
    """Forget what was taken before, and take no more than a share of the GPU from now on: a hard cap.

    Args:
        share: of one GPU; from 1 on nothing is capped.
        limit: the most bytes, where they are known; else the share of this GPU's.
    """
    if not torch.cuda.is_available():
        return
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    total = torch.cuda.mem_get_info()[1]
    allowed = limit or int(share * total)
    # The fraction counts torch's tensors alone; the context comes on top, in each process.
    fraction = 1.0 if share <= 0 or share >= 1 else max(allowed - CONTEXT, 0) / total
    torch.cuda.set_per_process_memory_fraction(min(fraction, 1.0))
