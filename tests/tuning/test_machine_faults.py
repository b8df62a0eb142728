"""Whose fault an error is: a machine's, which ends its worker, or the trial's, which has failed."""

from __future__ import annotations

import pytest
import torch

from search.tuning.machine_faults import machine_fault


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: uncorrectable ECC error encountered\nCUDA kernel errors might be asynchronously reported",
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: no kernel image is available for execution on the device",
        "CUDA error: unspecified launch failure",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm(...)`",
        "NCCL error in: ProcessGroupNCCL.cpp:1, unhandled system error",
        "CUDA driver initialization failed, you might not have a CUDA gpu.",
        "libcudnn.so.9: cannot open shared object file: No such file or directory",
        "/lib/libtorch.so: undefined symbol: _ZN3c10",
    ],
)
def test_a_broken_machine_is_to_blame(text: str) -> None:
    assert machine_fault(RuntimeError(text)) == text.split("\n", maxsplit=1)[0]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: device-side assert triggered"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED."),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied (1x2 and 3x4)"),
        ModuleNotFoundError("No module named 'timm'"),
        ValueError("a mistake"),
        MemoryError(),
    ],
)
def test_the_trial_is_to_blame(error: Exception) -> None:
    assert machine_fault(error) == ""


def test_a_fault_that_is_hidden_behind_another_error_is_found() -> None:
    def hidden() -> None:
        try:
            raise RuntimeError("CUDA error: uncorrectable ECC error encountered")
        except RuntimeError:
            raise ValueError("the model could not be built")  # noqa: B904

    with pytest.raises(ValueError, match="could not be built") as found:
        hidden()
    assert machine_fault(found.value) == "CUDA error: uncorrectable ECC error encountered"
