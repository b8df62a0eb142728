"""The sections of a plan beside its space, as pydantic models.

A field's description says what is expected of it: it completes the sentence of every mistake in that field. Its title
says what it means, `unit` in what, `otherwise` what holds where it is not said: the handbook's table of keys is made of
these (`docs/_generate/keys.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from search.plan.domain import is_value
from search.plan.duration import parse_duration
from search.plan.place import Place, place
from search.plan.trial_config import Access, DataConfig

METRICS: Mapping[str, Literal["min", "max"]] = {
    "val/loss": "min",
    "val/accuracy": "max",
    "val/precision": "max",
    "val/recall": "max",
    "val/f1": "max",
}
"""What every epoch measures on the validation split, and whether less or more of it is better."""


class Section(BaseModel):
    """A mapping of the file: unknown keys are mistakes, and nothing is converted (`"3"` is not 3)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _plain(value: Any) -> Any:
    if not is_value(value):
        raise PydanticCustomError("plain", "not plain", {"expected_words": "a plain value"})
    return value


Setting = Annotated[Any, AfterValidator(_plain)]


class DataPlan(Section):
    """Which images a search trains on."""

    name: str = Field(
        title="which images: a published set, or your own", description="the name of a data set", min_length=1
    )
    validation: float = Field(
        0.1,
        gt=0,
        lt=1,
        title="share of each class that is held out, where the set names no validation images itself",
        description="a share above 0 and below 1",
    )
    split_seed: int = Field(
        0,
        ge=0,
        lt=2**32,
        title="which images these are; the same for all trials and confirmations of a run",
        description="a whole number from 0 to 4294967295",
    )
    size: int | None = Field(
        None,
        ge=1,
        le=4096,
        title="side to which all images are brought; null: their own",
        json_schema_extra={"unit": "pixels"},
        description="a side in pixels from 1 to 4096, or null",
    )
    dir: str | None = Field(
        None,
        min_length=1,
        title="the folder of the files; null: the data set needs none, or has one of its own",
        description="the path of a folder, s3://bucket/prefix, or null",
    )
    file: str | None = Field(
        None,
        min_length=1,
        title="the table of labels, for `image_csv`",
        description="the path of a table of labels, or null",
    )
    absolute_paths: bool = Field(
        False,
        title="whether the table of labels may name images outside the folder",
        description="true or false",
    )
    access: Access = Field(
        "auto",
        title="how pixels come to a trial; auto: by the memory that is free",
        description="auto, resident, streamed or decoded",
    )

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def folder(self) -> Place | None:
        """Where the images are: a folder, `s3://bucket/prefix`, or None where the data set needs neither."""
        return None if self.dir is None else place(self.dir)

    @property
    def config(self) -> DataConfig:
        """What of the data belongs to a trial's configuration: all but the place on this machine and the way to it."""
        return DataConfig(
            self.name, self.validation, self.split_seed, self.size, self.file, self.absolute_paths
        )


class ObjectivePlan(Section):
    """Which metric decides, and of which epoch: the `last` one or the `best` one."""

    metric: str = Field(
        "val/accuracy",
        title="what is measured of the validation images and decides",
        description="one of " + ", ".join(METRICS),
    )
    mode: Literal["min", "max"] = Field(
        None,
        validate_default=True,
        title="whether less or more of it is better; it must fit the metric",
        json_schema_extra={"otherwise": "that of the metric"},
        description="min or max",
    )
    at: Literal["last", "best"] = Field(
        "last",
        title="a trial's score is that of its last epoch or of its best one",
        description="last or best",
    )

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"metric": value} if isinstance(value, str) else value

    @field_validator("metric")
    @classmethod
    def _known(cls, metric: str) -> str:
        if metric not in METRICS:
            raise PydanticCustomError("metric", "unknown metric", {"known": list(METRICS)})
        return metric

    @field_validator("mode", mode="before")
    @classmethod
    def _follows_metric(cls, mode: Any, info: Any) -> Any:
        natural = METRICS.get(info.data.get("metric"), "max")
        if mode is None:
            return natural
        if mode in ("min", "max") and "metric" in info.data and mode != natural:
            less = "lower" if natural == "min" else "higher"
            expected = f"{natural}, since a {less} {info.data['metric']} is better"
            raise PydanticCustomError("mode", "wrong mode", {"expected_words": expected})
        return mode


def _seconds(time: Any) -> float | None:
    return None if time is None else parse_duration(time)


class BudgetPlan(Section):
    """What the search may cost, whichever comes first: trials, ``seconds`` on the clock (`time` in the file), epochs of
    all trials together, hours of GPUs, money (`cost`, by `resources.prices`); ``epochs`` is each trial's.
    """

    trials: int = Field(
        64,
        ge=1,
        le=1_000_000,
        title="configurations that are tried",
        json_schema_extra={"unit": "trials"},
        description="a whole number of at least 1",
    )
    epochs: int = Field(
        27,
        ge=1,
        le=1_000_000,
        title="the horizon: so long a trial trains that nothing stops",
        json_schema_extra={"unit": "epochs of a trial"},
        description="a whole number of at least 1",
    )
    seconds: Annotated[float | None, BeforeValidator(_seconds)] = Field(
        None,
        alias="time",
        title="time on the clock of one call",
        json_schema_extra={"unit": "seconds"},
        description="a duration such as 90s, 30m, 2h or 1h30m, or a number of seconds above 0",
    )
    total_epochs: int | None = Field(
        None,
        ge=1,
        le=10**12,
        title="epochs of all trials together",
        json_schema_extra={"unit": "epochs"},
        description="a whole number of at least 1, or null",
    )
    checkpoints_gb: float | None = Field(
        None,
        gt=0,
        le=1e9,
        title="room for the checkpoints of all trials together",
        json_schema_extra={"unit": "10⁹ bytes"},
        description="gigabytes (10⁹ bytes) above 0 for all checkpoints together, or null",
    )
    gpu_hours: float | None = Field(
        None,
        gt=0,
        le=1e9,
        title="hours of GPUs, of all stints together",
        json_schema_extra={"unit": "GPU hours"},
        description="a number of hours above 0, or null",
    )
    cost: float | None = Field(
        None,
        gt=0,
        le=1e12,
        title="what all stints together may cost, by `resources.prices`",
        json_schema_extra={"unit": "your currency"},
        description="an amount of money above 0, or null",
    )


class PartPlan(Section):
    """A sampler or a scheduler by name, with its settings; in the file they stand beside the name."""

    name: str = Field(title="which one", description="a name", min_length=1)
    settings: dict[str, Setting] = Field(
        default_factory=dict, title="its settings, beside the name", description="settings with plain values"
    )

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return {"name": value or "none"}
        if isinstance(value, Mapping) and not isinstance(value.get("settings"), Mapping):
            named = {"name": value["name"]} if "name" in value else {}
            return {**named, "settings": {key: inner for key, inner in value.items() if key != "name"}}
        return value


class SchedulerPlan(PartPlan):
    """What ends trials early; `none` lets all of them run to the end."""

    name: str = Field(
        "asha",
        title="what ends trials early; none: nothing",
        description="the name of a scheduler",
        min_length=1,
    )


class SamplerPlan(PartPlan):
    """What is tried next."""

    name: str = Field("auto", title="what is tried next", description="the name of a sampler", min_length=1)


Price = Annotated[float, Field(ge=0, le=1e6)]


class ResourcesPlan(Section):
    """What one trial gets; None is for the program to decide (`auto`), which measures what trials take of a GPU.

    ``processes``: so many train a trial together on the CPU, each a share of every batch; with GPUs it is one for each.
    ``patience``: an epoch that takes that many times the usual one is taken for hung. ``prices``: what an hour of
    each node type costs, in whatever currency `budget.cost` is meant.
    """

    cpus: float | None = Field(
        None,
        gt=0,
        le=100_000,
        title="what one trial gets",
        json_schema_extra={"unit": "CPU cores"},
        description="a number of CPU cores above 0, or auto",
    )
    gpus: float | None = Field(
        None,
        ge=0,
        le=100_000,
        title="what one trial gets, a share of one or whole ones; auto: by what the first of its kind took",
        json_schema_extra={"unit": "GPUs"},
        description="0, a share of a GPU below 1, whole GPUs, or auto",
    )
    processes: int = Field(
        1,
        ge=1,
        le=1024,
        title="so many train a trial together on the CPU, each a share of every batch",
        json_schema_extra={"unit": "processes"},
        description="a whole number of at least 1: processes that train a trial together without GPUs",
    )
    patience: float = Field(
        20.0,
        ge=2,
        le=1e6,
        title="an epoch that takes so many times the trial's slowest one so far is taken for hung",
        json_schema_extra={"unit": "epochs"},
        description="a number of usual epochs, of at least 2",
    )
    prices: dict[str, Price] = Field(
        default_factory=dict,
        title="what an hour of each node type costs; `local` is a node that no cluster file names",
        json_schema_extra={"unit": "your currency per hour"},
        description="a mapping from node types to their price per hour of at least 0, such as {g6.2xlarge: 0.98}",
    )

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {} if value == "auto" else value

    @field_validator("cpus", "gpus", mode="before")
    @classmethod
    def _open(cls, value: Any) -> Any:
        return None if value == "auto" else value

    @field_validator("gpus")
    @classmethod
    def _share_or_whole(cls, gpus: float | None) -> float | None:
        if gpus is not None and gpus > 1 and gpus != int(gpus):
            raise ValueError(f"{gpus:g} GPUs: a share of several")
        return gpus

    @property
    def auto(self) -> bool:
        """Whether the program decides everything."""
        return self.cpus is None and self.gpus is None
