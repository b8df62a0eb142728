"""Errors that a machine is to blame for, not the trial that met them: a broken GPU, a driver, a missing library.

What CUDA says of an error stands in its runtime's table (cudaGetErrorString, CUDA 12.9), what cuDNN and cuBLAS say in
their status codes. After most of them every further call in that process fails, so that the process must end.
"""

from __future__ import annotations

import re

from search.runs.causes import causes

OWN_FAULT = (
    "out of memory",  # the trial is too large for what it was given
    "device-side assert",  # an index out of range: of the model or of the loss
    "invalid argument",
    "invalid configuration argument",
    "ALLOC_FAILED",
    "NOT_SUPPORTED",
    "BAD_PARAM",
    "INVALID_VALUE",
)
"""What a trial's own settings cause, wherever it runs."""

OF_A_MACHINE = re.compile(
    "|".join(
        (
            r"CUDA error: ",
            r"CUDA (driver|unknown|initialization) ",
            r"CUDNN_STATUS_\w+",
            r"CUBLAS_STATUS_\w+",
            r"CUFFT_\w+",
            r"NCCL (error|Error|WARN)",
            r"uncorrectable ECC",
            r"Found no NVIDIA driver",
            r"cannot open shared object file",
            r"undefined symbol",
            r"no kernel image is available",
        )
    )
)
"""How a machine's faults begin, or what is in them."""


class MachineError(RuntimeError):
    """This machine cannot train; the trial is not to blame."""


def machine_fault(error: BaseException) -> str:
    """Return why this machine is to blame for an error, in one line; empty where it is not."""
    for cause in causes(error):
        if isinstance(cause, MachineError):
            return str(cause)
        line = next((line for line in str(cause).splitlines() if OF_A_MACHINE.search(line)), "").strip()
        if line and not any(fault in line for fault in OWN_FAULT):
            return line
    return ""
