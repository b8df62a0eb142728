"""The formats in which a model is written; `formats` is the registry that a plugin adds to."""

# In the order in which they are written: the second begins from the first, int8 from ONNX.
# isort: off
from search.winner.formats import safetensors
from search.winner.formats import onnx
from search.winner.formats import torch_export
from search.winner.formats import onnx_int8
from search.winner.formats import executorch
from search.winner.formats.registry import Format, Package, Session, formats, missing
# isort: on

__all__ = [
    "Format",
    "Package",
    "Session",
    "executorch",
    "formats",
    "missing",
    "onnx",
    "onnx_int8",
    "safetensors",
    "torch_export",
]
