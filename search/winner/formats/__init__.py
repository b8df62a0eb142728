"""The formats in which a model is written; `formats` is the registry that a plugin adds to."""

from search.winner.formats import safetensors
from search.winner.formats.registry import Format, formats

__all__ = ["Format", "formats", "safetensors"]
