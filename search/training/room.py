"""Room in memory: what makes some after a lack of it, and how much there is at all."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable

import torch
from torch import Tensor

from search.training.data.access import size_text
from search.training.errors import TooLarge
from search.training.shortage import lacks_memory, line_of

log = logging.getLogger("search")


def as_many_as_fit(
    compute: Callable[[int], Tensor],
    images: int,
    *,
    at_once: int,
    shape: tuple[int, int, int],
    device: torch.device,
) -> tuple[Tensor, int]:
    """Compute something of images without gradients, half as many of them at a time, and again, where memory is short.

    Args:
        compute: the whole, for so many images at a time; asked anew after each lack of memory.
        images: of the whole, at least 1.
        at_once: images at a time, at first.
        shape: (C, H, W) of each.
        device: whose memory it is.

    Returns:
        What was computed, and how many images at a time fitted.

    Raises:
        TooLarge: not even one image fits into memory.
    """
    while (found := _attempt(compute, at_once)) is None:
        # Only here, behind `except`, nothing holds the traceback any more, and with it the activations.
        make_room(device)
        at_once = min(at_once, images)
        if at_once == 1:
            raise too_large(1, shape, device)
        at_once //= 2
    return found, at_once


def _attempt(compute: Callable[[int], Tensor], at_once: int) -> Tensor | None:
    """Return what is computed; None where memory was too small."""
    try:
        return compute(at_once)
    except Exception as error:
        if not lacks_memory(error):
            raise
        log.warning("%d images at a time ran out of memory: %s", at_once, line_of(error))
    return None


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
