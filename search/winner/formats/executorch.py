"""ExecuTorch, for phones (https://pytorch.org/executorch): one image a call, computed by XNNPACK on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from search.winner.bundle import Bundle, BundleError
from search.winner.formats.registry import Format, Package, Session, formats

if TYPE_CHECKING:  # torch is behind it
    from search.winner.candidate import Trained


@formats.register("executorch")
class Executorch(Format):
    """ExecuTorch, float32, one image a call: Android, iOS, microcontrollers with Linux."""

    files = ("model.pte",)
    packages = (Package("executorch", "'winnow-search[executorch]'"),)

    def write(self, trained: Trained, bundle: Bundle) -> None:
        """Lower the graph: what XNNPACK computes goes there, the rest to ExecuTorch's own kernels."""
        from search.winner.formats.graph import exported, quiet  # noqa: PLC0415 (torch is behind it)

        with quiet():
            from executorch.backends.xnnpack.partition.xnnpack_partitioner import (  # noqa: PLC0415 (an extra)
                XnnpackPartitioner,
            )
            from executorch.exir import (  # noqa: PLC0415 (an extra)
                to_edge_transform_and_lower,
            )

            lowered = to_edge_transform_and_lower(
                exported(bundle, batch=1), partitioner=[XnnpackPartitioner()]
            )
            bundle.executorch.write_bytes(lowered.to_executorch().buffer)

    def open(self, bundle: Bundle, *, threads: int | None = None) -> Session:
        """Open the file with ExecuTorch's runtime for Python; it is given the images one by one."""
        import torch  # noqa: PLC0415 (so that --list answers at once)

        from search.winner.formats.graph import quiet  # noqa: PLC0415 (likewise)

        with quiet():  # it calls itself experimental
            from executorch.extension.pybindings import (  # noqa: PLC0415 (an extra)
                portable_lib,
            )
            from executorch.runtime import Runtime  # noqa: PLC0415 (an extra)

        if threads:  # the public interface of its runtime has no such setting
            portable_lib._unsafe_reset_threadpool(threads)
        try:
            method = Runtime.get().load_program(bundle.executorch).load_method("forward")
        except (OSError, RuntimeError) as error:
            raise BundleError(f"{bundle.executorch} cannot be opened by ExecuTorch: {error}") from error

        def run(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
            said = [method.execute([torch.from_numpy(image[None])])[0] for image in images]
            logits: npt.NDArray[np.float32] = torch.cat(said).numpy()
            return logits

        return run
