"""What a process takes of its GPU is measured and capped; without CUDA it says so by zeros."""

from __future__ import annotations

import pytest
import torch

from search.tuning import gpu_memory
from search.tuning.gpu_memory import CONTEXT, Taken


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_without_cuda_nothing_is_measured_and_nothing_capped() -> None:
    gpu_memory.begin(share=0.25, limit=None)
    assert gpu_memory.taken(alone=True) == Taken(0, 0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_what_was_reserved_counts_until_the_next_trial_and_a_share_is_a_hard_cap() -> None:
    gpu_memory.begin(share=1.0, limit=None)
    total = gpu_memory.taken(alone=True).total
    held = torch.empty(2**30, dtype=torch.uint8, device="cuda")
    del held
    assert 2**30 <= gpu_memory.taken(alone=True).peak < 2**30 + 2 * CONTEXT
    gpu_memory.begin(share=0.5, limit=None)
    assert gpu_memory.taken(alone=False).peak < 2**30
    with pytest.raises(torch.OutOfMemoryError):
        torch.empty(total // 2, dtype=torch.uint8, device="cuda")
    gpu_memory.begin(share=1.0, limit=None)
