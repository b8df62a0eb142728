"""What a trial says about every validation image: its record for ensembles, error analysis and confidence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search.training.atomic import written_atomically

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Predictions:
    """Validation logits after one epoch.

    ``logits`` are (N, classes) float16, cut off at its greatest finite value; ``labels`` (N,) int64;
    ``indices`` (N,) int64, the rows of the images in the source; ``step`` the report that they belong to,
    from 1.
    """

    logits: npt.NDArray[np.float16]
    labels: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]
    step: int

    def save(self, path: Path) -> None:
        """Write a compressed ``.npz`` of plain arrays; it appears whole or not at all.

        It is not forced to the disk: the checkpoint is, and the predictions follow from it.
        """
        with written_atomically(path, durable=False) as handle:
            np.savez_compressed(
                handle,
                format=np.int64(FORMAT),
                logits=self.logits,
                labels=self.labels,
                indices=self.indices,
                step=np.int64(self.step),
            )

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """Read what `save` wrote.

        Raises:
            ValueError: the file has a format that this version does not read.
        """
        with np.load(path, allow_pickle=False) as arrays:
            if int(arrays["format"]) != FORMAT:
                raise ValueError(
                    f"{path}: predictions of format {FORMAT} are expected, found {arrays['format']}"
                )
            return cls(arrays["logits"], arrays["labels"], arrays["indices"], int(arrays["step"]))
