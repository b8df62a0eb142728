"""What TensorBoard's HParams plugin knows of a run: its hyperparameters, how it ended, which metrics it announced."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2

from search.plan.trial_config import Value

SessionStatus = Literal["success", "failure", "running", ""]

PLUGIN = "hparams"

STATUS: Mapping[int, SessionStatus] = {
    api_pb2.STATUS_SUCCESS: "success",
    api_pb2.STATUS_FAILURE: "failure",
    api_pb2.STATUS_RUNNING: "running",
}


@dataclass(frozen=True)
class Session:
    """One run as its writer described it; times in seconds since 1970, None and empty where nothing was said.

    ``hparams`` are as they were written: every number is a float. ``metrics`` are the tags that an Experiment record
    announces as results.
    """

    hparams: Mapping[str, Value] = field(default_factory=dict)
    group: str = ""
    start: float | None = None
    end: float | None = None
    status: SessionStatus = ""
    metrics: tuple[str, ...] = ()

    def joined(self, later: Session) -> Session:
        """Return what this and a later record of the same run say together; the later one counts."""
        starts = [start for start in (self.start, later.start) if start is not None]
        return Session(
            hparams={**self.hparams, **later.hparams},
            group=later.group or self.group,
            start=min(starts, default=None),
            # A run that was begun again has not ended yet, though its first attempt did.
            end=later.end if later.end is not None or later.start is not None else self.end,
            status=later.status or ("" if later.start is not None else self.status),
            metrics=tuple(dict.fromkeys([*self.metrics, *later.metrics])),
        )


def session(content: bytes) -> Session:
    """Decode a record of the HParams plugin; one that cannot be decoded says nothing."""
    try:
        data = plugin_data_pb2.HParamsPluginData.FromString(content)
    except DecodeError:
        return Session()
    kind = data.WhichOneof("data")
    if kind == "session_start_info":
        start = data.session_start_info
        found = {name: _value(value) for name, value in start.hparams.items()}
        return Session(dict(sorted(found.items())), start.group_name, start.start_time_secs or None)
    if kind == "session_end_info":
        end = data.session_end_info
        return Session(end=end.end_time_secs or None, status=STATUS.get(end.status, ""))
    if kind == "experiment":
        names = (info.name for info in data.experiment.metric_infos)
        return Session(metrics=tuple("/".join(filter(None, (name.group, name.tag))) for name in names))
    return Session()


def _value(value: object) -> Value:
    """Return a google.protobuf.Value as Python's; a list or a mapping as its text."""
    kind = value.WhichOneof("kind")  # type: ignore[attr-defined]
    if kind is None or kind == "null_value":
        return None
    found: object = getattr(value, kind)
    if isinstance(found, float) and not math.isfinite(found):
        return str(found)
    return found if isinstance(found, bool | float | str) else str(found)
