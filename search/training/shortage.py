"""A lack of memory, of a GPU's or the machine's, as it is told. No torch here, so that the driver may know it, too."""

from __future__ import annotations

OF_A_GPU = ("out of memory", "OutOfMemoryError", "ALLOC_FAILED")
"""What torch, CUDA, cuDNN and cuBLAS say of it (torch 2.15)."""

OF_THE_MACHINE = ("DefaultCPUAllocator", "bad_alloc")
"""What torch's allocator and the C++ library say of it (torch 2.15)."""

OF_ONEDNN = ("could not create a primitive", "could not create a memory object")
"""All that oneDNN says of it (dnnl.hpp 3). Of what it does not support it says more: `… primitive descriptor for …`."""


def line_of(error: BaseException) -> str:
    """Return an error as one line of text, which keeps nothing alive: a log may hold what it is given."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}".removesuffix(": ")


def lacks_memory(error: BaseException) -> bool:
    """Tell whether an error means that something did not fit into memory."""
    if isinstance(error, MemoryError):
        return True
    if not isinstance(error, RuntimeError):
        return False
    said = f"{type(error).__name__}: {error}"
    return str(error) in OF_ONEDNN or any(words in said for words in (*OF_A_GPU, *OF_THE_MACHINE))
