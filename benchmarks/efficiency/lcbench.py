"""LCBench's surrogate (YAHPO Gym) as problems: tabular tasks, 51 epochs, seven hyperparameters.

The surrogate's epoch 1 is in effect the untrained network and is dropped: epoch e of a trial is its e + 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.efficiency.problem import normalised
from search.plan.domain import Float, Int
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.trial_config import Value

HORIZON = 51
NAMES = (
    "batch_size",
    "learning_rate",
    "momentum",
    "weight_decay",
    "num_layers",
    "max_units",
    "max_dropout",
)
"""The order in which the surrogate takes them, behind the epoch."""

ACCURACY = 1
"""The column of the validation accuracy in the surrogate's output."""


class Surrogate:
    """The ONNX model with its encodings; one for all tasks.

    Args:
        folder: `lcbench` of github.com/slds-lmu/yahpo_data: `model.onnx`, `encoding.json` and `config_space.json`.
    """

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            folder / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
        self._codes = json.loads((folder / "encoding.json").read_text())["OpenML_task_id"]
        self.space = _space(json.loads((folder / "config_space.json").read_text()))

    def accuracy(self, task: str, point: Mapping[str, Value]) -> NDArray[np.float64]:
        """Return the validation accuracy (0-100) of a point at epochs 1 to `HORIZON`, shape [HORIZON]."""
        epochs = np.arange(2, HORIZON + 2, dtype=np.float32)
        settings = np.tile(np.array([point[name] for name in NAMES], np.float32), (HORIZON, 1))
        inputs = {
            "x_cat": np.full((HORIZON, 1), self._codes[task], np.int32),
            "x_cont": np.column_stack([epochs, settings]).astype(np.float32),
        }
        predicted: NDArray[np.float32] = self._session.run(None, inputs)[0][:, ACCURACY]
        return predicted.astype(np.float64)


class LCBenchTask:
    """One task of LCBench.

    Args:
        surrogate: shared by all tasks.
        task: its number at OpenML, as text.
        best: the best known validation accuracy after the last epoch (0-100).
        median: that of random configurations.
    """

    horizon = HORIZON

    def __init__(self, surrogate: Surrogate, task: str, *, best: float, median: float) -> None:
        self.name = task
        self.space = surrogate.space
        self._surrogate = surrogate
        self._best, self._median = best, median

    def curve(self, point: Mapping[str, Value]) -> NDArray[np.float64]:
        """Return the validation accuracy (0-100) of a point, shape [HORIZON]."""
        return self._surrogate.accuracy(self.name, point)

    def regret(self, point: Mapping[str, Value]) -> float:
        """Return the normalised regret × 100 of a fully trained point."""
        return normalised(float(self.curve(point)[-1]), best=self._best, median=self._median)


def _space(document: Mapping[str, list[dict[str, object]]]) -> Space:
    found = {str(entry["name"]): entry for entry in document["hyperparameters"]}
    return Space(tuple(Parameter(name, _domain(found[name]), {}) for name in NAMES))


def _domain(entry: Mapping[str, object]) -> Float | Int:
    log = bool(entry["log"])
    if entry["type"] == "uniform_int":
        return Int(entry["lower"], entry["upper"], log=log)  # type: ignore[arg-type]
    return Float(entry["lower"], entry["upper"], log=log)  # type: ignore[arg-type]
