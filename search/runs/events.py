"""Our TensorBoard event files: one writer a stint. `search.runs.logs` reads them.

Every stint says its hyperparameters at its start (`session_start_info`, grouped by trial) and its status at its
end. No Experiment record is written: TensorBoard then unites the hyperparameters of all trials, also of searches
with different spaces, where it would otherwise believe the first record that it finds.
"""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.summary.writer.record_writer import RecordWriter

from search.plan.trial_config import Value

EndStatus = Literal["success", "failure"]

_COUNT = itertools.count()


class EventWriter:
    """Writes one stint's measurements; every call is in the file when it returns (a power cut may lose it).

    Args:
        folder: of the attempt; becomes a run of TensorBoard's.
        suffix: of the file's name, where several processes write into one folder.
    """

    def __init__(self, folder: Path, suffix: str = "") -> None:
        # Without EventFileWriter's thread and queue: a flush through them costs 0.5 ms more, at each epoch.
        name = (
            f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{next(_COUNT)}"
        )
        self._records = RecordWriter((folder / f"{name}{suffix}").open("wb"))
        self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def start(self, settings: Mapping[str, Value], *, group: str) -> None:
        """Say the hyperparameters. Stints with the same ``group`` are one trial, among all runs below a folder."""
        info = plugin_data_pb2.SessionStartInfo(group_name=group, start_time_secs=time.time())
        for name, value in settings.items():
            if isinstance(value, bool):
                info.hparams[name].bool_value = value
            elif isinstance(value, int | float):
                info.hparams[name].number_value = value
            elif value is not None:
                info.hparams[name].string_value = value
        data = plugin_data_pb2.HParamsPluginData(session_start_info=info)
        self._add_hparams(hparams_metadata.SESSION_START_INFO_TAG, data)

    def scalars(self, values: Mapping[str, float], *, step: int) -> None:
        """Write the metrics of a step; NaN and infinity are written as they are."""
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
        self._add(summary, step=step)

    def end(self, status: EndStatus) -> None:
        """Say how the trial ended."""
        code = api_pb2.STATUS_SUCCESS if status == "success" else api_pb2.STATUS_FAILURE
        info = plugin_data_pb2.SessionEndInfo(status=code, end_time_secs=time.time())
        data = plugin_data_pb2.HParamsPluginData(session_end_info=info)
        self._add_hparams(hparams_metadata.SESSION_END_INFO_TAG, data)

    def close(self) -> None:
        """Close the file."""
        self._records.close()

    def _add_hparams(self, tag: str, data: plugin_data_pb2.HParamsPluginData) -> None:
        value = Summary.Value(
            tag=tag,
            metadata=hparams_metadata.create_summary_metadata(data),
            tensor=hparams_metadata.NULL_TENSOR,
        )
        self._add(Summary(value=[value]), step=0)

    def _add(self, summary: Summary, *, step: int) -> None:
        self._write(Event(wall_time=time.time(), step=step, summary=summary))

    def _write(self, event: Event) -> None:
        self._records.write(event.SerializeToString())
        self._records.flush()
