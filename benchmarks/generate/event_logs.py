"""Logs of a search that never was, for benchmarks: trials × epochs × 8 scalars, in two forms.

    ours    all scalars of an epoch in one record, as `search.runs.events.EventWriter` writes them
    single  a record a scalar, as PyTorch's SummaryWriter writes them (and its `hparams` at the start)

python -m benchmarks.generate.event_logs --trials 1000 --form single /tmp/logs
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import metadata, plugin_data_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

Form = Literal["ours", "single"]

TAGS = (
    "train/loss",
    "train/accuracy",
    "train/learning_rate",
    "val/loss",
    "val/accuracy",
    "val/precision",
    "val/recall",
    "val/f1",
)

BEGIN = 1.75e9
"""When the search began, in seconds since 1970."""

EPOCH = 20.0
"""Seconds of an epoch."""

QUIET = 3600.0
"""Seconds since the last trial's folder changed."""


def generate(folder: Path, *, trials: int, epochs: int = 50, form: Form = "ours", seed: int = 0) -> None:
    """Write logs: a folder a trial, below it one for its attempt, as a run of ours has them.

    Args:
        folder: the root, which must not exist.
        trials: how many.
        epochs: of each trial.
        form: see the module.
        seed: of the curves.
    """
    rng = np.random.default_rng(seed)
    for number in range(trials):
        attempt = folder / str(number) / "1"
        attempt.mkdir(parents=True)
        path = attempt / f"events.out.tfevents.{int(BEGIN)}.benchmark.{number}.0"
        writer = RecordWriter(path.open("wb"))
        for event in (*_beginning(number, rng), *_events(number, range(1, epochs + 1), form, rng)):
            writer.write(event.SerializeToString())
        writer.close()
    _age(folder)


def append(folder: Path, *, trials: int, epoch: int, form: Form, seed: int = 0) -> None:
    """Append one epoch to the first trials."""
    rng = np.random.default_rng(seed)
    for number in range(trials):
        path = next((folder / str(number) / "1").iterdir())
        writer = RecordWriter(path.open("ab"))
        for event in _events(number, range(epoch, epoch + 1), form, rng):
            writer.write(event.SerializeToString())
        writer.close()


def _beginning(number: int, rng: np.random.Generator) -> Iterator[Event]:
    yield Event(wall_time=BEGIN, file_version="brain.Event:2")
    info = plugin_data_pb2.SessionStartInfo(group_name=str(number), start_time_secs=BEGIN + number)
    info.hparams["learning_rate"].number_value = float(10 ** rng.uniform(-4, 0))
    info.hparams["dropout"].number_value = float(rng.uniform(0, 0.5))
    info.hparams["optimizer"].string_value = str(rng.choice(["sgd", "adamw"]))
    data = plugin_data_pb2.HParamsPluginData(session_start_info=info)
    value = Summary.Value(
        tag=metadata.SESSION_START_INFO_TAG,
        metadata=metadata.create_summary_metadata(data),
        tensor=metadata.NULL_TENSOR,
    )
    yield Event(wall_time=BEGIN + number, summary=Summary(value=[value]))


def _events(number: int, epochs: range, form: Form, rng: np.random.Generator) -> Iterator[Event]:
    for epoch in epochs:
        wall = BEGIN + number + EPOCH * epoch
        values = _epoch(epoch, rng)
        listed = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        if form == "ours":
            yield Event(wall_time=wall, step=epoch, summary=Summary(value=listed))
        else:
            for place, value in enumerate(listed):
                yield Event(wall_time=wall + place / 1e4, step=epoch, summary=Summary(value=[value]))


def _epoch(epoch: int, rng: np.random.Generator) -> Mapping[str, float]:
    noise = rng.normal(0, 0.01, len(TAGS))
    accuracy = 1 - 0.9 / epoch**0.5
    means = (1 / epoch, accuracy, 0.1 / epoch, 1.2 / epoch, *(accuracy - 0.02,) * 4)
    return {tag: float(mean + error) for tag, mean, error in zip(TAGS, means, noise, strict=True)}


def _age(folder: Path) -> None:
    """Let all folders be an hour old: a finished search's are, and a reader may look at them less often."""
    old = time.time() - QUIET
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            os.utime(path, (old, old))


def main() -> None:
    """Write logs, as the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where; it must not exist")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--form", choices=("ours", "single"), default="ours")
    arguments = parser.parse_args()
    generate(arguments.folder, trials=arguments.trials, epochs=arguments.epochs, form=arguments.form)


if __name__ == "__main__":
    main()
