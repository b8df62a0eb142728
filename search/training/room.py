"""Room in memory: what makes some after a lack of it, and how much there is at all."""

from __future__ import annotations

import gc
import os

import torch

from search.training.data.access import size_text
from search.training.errors import TooLarge


def make_room(device: torch.device) -> None:
    """Give back what nothing uses any more: cycles of Python's objects, and what torch keeps of a GPU's memory."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def too_large(images: int, shape: tuple[int, int, int], device: torch.device) -> TooLarge:
    """Return the error of so few images that they cannot be split any further.

    Args:
        images: that do not fit.
        shape: (C, H, W) of each.
        device: into whose memory.
    """
    return TooLarge(images, shape, f"the memory of {device} ({_memory(device)})")


def _memory(device: torch.device) -> str:
    if device.type != "cuda":
        return size_text(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    total = torch.cuda.mem_get_info(device)[1]
    share = torch.cuda.get_per_process_memory_fraction(device)
    own = f", {size_text(int(share * total))} of it for this trial" if share < 1 else ""
    return f"{size_text(total)}{own}"
