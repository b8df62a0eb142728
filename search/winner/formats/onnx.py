"""ONNX, for ONNX Runtime and whatever else reads it (https://onnx.ai): one file, any number of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.winner.bundle import Bundle
from search.winner.formats.onnx_session import onnx_session
from search.winner.formats.registry import Format, Package, Session, formats

if TYPE_CHECKING:  # torch is behind them
    from search.winner.candidate import Trained

PACKAGES = (
    Package("onnx", "onnx"),
    Package("onnxscript", "onnxscript"),
    Package("onnxruntime", "onnxruntime"),
)


@formats.register("onnx")
class Onnx(Format):
    """ONNX, float32, for any number of images: servers, browsers, C++, C#, Java."""

    files = ("model.onnx",)
    packages = PACKAGES

    def write(self, trained: Trained, bundle: Bundle) -> None:
        """Translate the graph of `torch.export`."""
        import torch  # noqa: PLC0415 (so that --list answers at once)

        from search.winner.formats.graph import INPUT, OUTPUT, exported, quiet  # noqa: PLC0415 (likewise)

        with quiet():
            program = torch.onnx.export(
                exported(bundle),
                dynamo=True,
                input_names=[INPUT],
                output_names=[OUTPUT],
                verbose=False,
            )
            assert program is not None, "the dynamo exporter returns a program"
            program.save(bundle.onnx, external_data=False)

    def open(self, bundle: Bundle, *, threads: int | None = None) -> Session:
        """Open the file with ONNX Runtime."""
        return onnx_session(bundle.onnx, threads=threads)
