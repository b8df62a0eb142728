"""The graph and its weights for torch itself: `torch.export.load` runs it without our code (https://docs.pytorch.org/docs/stable/export.html)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.winner.bundle import Bundle, BundleError
from search.winner.formats.registry import Format, Session, formats

if TYPE_CHECKING:
    from search.winner.candidate import Trained


@formats.register("torch_export")
class TorchExport(Format):
    """torch.export, float32, for any number of images: Python with torch alone, torch.compile, AOTInductor."""

    files = ("model.pt2",)

    def write(self, trained: Trained, bundle: Bundle) -> None:
        """Write what `torch.export` sees."""
        import torch  # noqa: PLC0415 (so that --list answers at once)

        from search.winner.formats.graph import exported, quiet  # noqa: PLC0415 (likewise)

        with quiet():
            torch.export.save(exported(bundle), bundle.torch_export)

    def open(self, bundle: Bundle, *, threads: int | None = None) -> Session:
        """Open the file, which may hold nothing that would be unpickled."""
        import torch  # noqa: PLC0415 (so that --list answers at once)

        from search.winner.formats.graph import quiet  # noqa: PLC0415 (likewise)
        from search.winner.formats.plain_archive import refuse_pickles  # noqa: PLC0415 (likewise)
        from search.winner.formats.torch_session import torch_session  # noqa: PLC0415 (likewise)

        refuse_pickles(bundle.torch_export)
        try:
            with quiet():
                return torch_session(torch.export.load(bundle.torch_export).module())
        except Exception as error:  # a damaged archive raises whatever its reader meets first
            raise BundleError(f"{bundle.torch_export} cannot be opened by torch: {error}") from error
