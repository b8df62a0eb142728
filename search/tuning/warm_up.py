"""What a process that trains does once, before the clock of its first trial runs."""

from __future__ import annotations


def warm_up(*, threads: int) -> None:
    """Import what the first optimizer of a process would import, and keep torch to its threads.

    Args:
        threads: of torch on the CPU, at least 1.
    """
    import torch._dynamo  # noqa: PLC0415 - 3.7 CPU s, which the driver must not pay

    torch.set_num_threads(threads)
