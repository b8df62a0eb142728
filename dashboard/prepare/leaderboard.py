"""The leaderboard: trials by rank with their settings, values at equal epochs and curves; and its downloads."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dashboard.prepare.filters import Mask
from dashboard.prepare.states import STATUS_TEXT
from dashboard.prepare.table import Floats, Table

Rows = npt.NDArray[np.int64]

SPARK_POINTS = 50
"""Of a curve in a table cell of 130 pixels; of longer ones every n-th is drawn."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes text that begins so for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""


def ranked(table: Table, shown: Mask) -> Rows:
    """Return the shown trials: best first, then those without a rank, by number.

    Args:
        table: all trials.
        shown: (trials,) which of them are wanted.
    """
    rows = np.flatnonzero(shown)
    places = table.facts["place"].to_numpy(dtype=np.float64)[rows]
    found: Rows = rows[np.argsort(np.where(np.isnan(places), np.inf, places), kind="stable")]
    return found


def by_column(table: Table, rows: Rows, column: str, epoch: int | None, *, descending: bool) -> Rows:
    """Return trials in the order of a column; those without a value come last, and ties keep their order.

    Args:
        table: all trials.
        rows: numbers of the trials.
        column: of `board`, not the curve.
        epoch: at which all are compared; None for none.
        descending: the largest first.
    """
    order = "descending" if descending else "ascending"
    keys = _sorted_by(table, column, board(table, rows, epoch)[column])
    found: Rows = rows[pc.sort_indices(keys, sort_keys=[("", order)]).to_numpy()]
    return found


def _sorted_by(table: Table, column: str, values: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return what a column is sorted by: of choices their place in the space, where 64 comes before 256."""
    titles = setting_columns(table)
    choices = next((one.choices for one in table.parameters if titles[one.name] == column), ())
    places = {choice: place for place, choice in enumerate(choices)}
    return pa.array([places.get(value) for value in values.to_pylist()], pa.int64()) if choices else values


def board(table: Table, rows: Rows, epoch: int | None) -> pa.Table:
    """Return the leaderboard by columns, a row a trial in the order of ``rows``.

    Columns: place, trial, score, at_epoch (the value at ``epoch``, null where the trial was not there), best,
    best_epoch, curve, epochs, status, seconds, start, origin, reason, then the parameters under the names of
    `setting_columns`. A missing value is null.

    Args:
        table: all trials.
        rows: numbers of the trials.
        epoch: at which all are compared; None for none.
    """
    facts = table.facts.iloc[rows]
    made: dict[str, Any] = {
        "place": _whole(facts["place"]),
        "trial": facts["trial"].to_numpy(),
        "score": facts["score"].to_numpy(),
        "at_epoch": table.at(epoch)[rows] if epoch is not None else np.full(len(rows), np.nan),
        "best": facts["best"].to_numpy(),
        "best_epoch": _whole(facts["best_epoch"]),
        "curve": sparks(table.values[rows]),
        "epochs": facts["epochs"].to_numpy(),
        "status": facts["status"].map(STATUS_TEXT).to_numpy(),
        "seconds": facts["seconds"].to_numpy(),
        "start": pd.to_datetime(facts["start"], unit="s", utc=True),
        "origin": facts["origin"].to_numpy(),
        "reason": facts["reason"].to_numpy(),
    }
    for name, title in setting_columns(table).items():
        made[title] = table.points[name].to_numpy()[rows]
    return pa.table({name: _array(column) for name, column in made.items()})


def setting_columns(table: Table) -> dict[str, str]:
    """Return what the column of each parameter is called: its name, which may be that of a fact."""
    taken = {"place", "at_epoch", "curve", *table.facts.columns}
    return {one.name: f"{one.name} (setting)" if one.name in taken else one.name for one in table.parameters}


def sparks(values: Floats) -> pa.ListArray:
    """Return curves as lists without gaps.

    Args:
        values: (trials, S), NaN where there is none.
    """
    every = max(1, -(-values.shape[1] // SPARK_POINTS))
    thin = values[:, ::-every][:, ::-1]  # the last one stays
    known = np.isfinite(thin)
    ends = np.concatenate([[0], np.cumsum(known.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(thin[known].astype(np.float32)))


def csv(table: Table, rows: Rows, epoch: int | None) -> bytes:
    """Return the leaderboard as CSV in UTF-8, without the curves; text can be no formula.

    Args:
        table: all trials.
        rows: numbers of the trials.
        epoch: at which all are compared; None for none.
    """
    made = (
        board(table, rows, epoch)
        .drop_columns(["curve"])
        .to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    )
    made = made.rename(columns=_titles(table, epoch)).rename(columns=_guarded)
    for name in made.columns[made.dtypes.map(pd.api.types.is_string_dtype)]:
        made[name] = made[name].map(_guarded, na_action="ignore")
    return bytes(made.to_csv(index=False).encode())


def parquet(table: Table, rows: Rows, epoch: int | None) -> bytes:
    """Return the leaderboard as Parquet, with the whole curves: `steps` and `values` of each trial as lists.

    Args:
        table: all trials.
        rows: numbers of the trials.
        epoch: at which all are compared; None for none.
    """
    made = board(table, rows, epoch).drop_columns(["curve"])
    titles = _titles(table, epoch)
    made = made.rename_columns([titles.get(name, name) for name in made.column_names])
    values = table.values[rows]
    known = np.isfinite(values)
    ends = pa.array(np.concatenate([[0], np.cumsum(known.sum(axis=1))]).astype(np.int32))
    steps = np.broadcast_to(table.steps, values.shape)[known]
    made = made.append_column("steps", pa.ListArray.from_arrays(ends, pa.array(steps)))
    made = made.append_column("values", pa.ListArray.from_arrays(ends, pa.array(values[known])))
    out = io.BytesIO()
    pq.write_table(made, out)
    return out.getvalue()


def _titles(table: Table, epoch: int | None) -> Mapping[str, str]:
    """Return what a column is called in a file that is read without the page."""
    metric = table.metric
    return {
        "score": f"{metric} (score)",
        "at_epoch": f"{metric} at epoch {epoch}",
        "best": f"{metric} (best of any epoch)",
        "best_epoch": "epoch of the best",
    }


def _guarded(text: object) -> object:
    if not isinstance(text, str):
        return text
    # A carriage return ends a row for many readers, and pandas does not quote it.
    return f"{chr(39) if text.startswith(FORMULA) else ''}{text}".replace("\r", " ")


def _whole(column: Any) -> pa.Array:
    return pa.array(column.to_numpy(dtype=np.float64), from_pandas=True).cast(pa.int64())


def _array(column: Any) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    if pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column):
        return pa.array(_texts(column), pa.string())
    return pa.array(column, from_pandas=True)


def _texts(column: Sequence[Any]) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in column]


def value_range(table: Table) -> tuple[float, float]:
    """Return the lowest and the highest value of all curves, so that sparklines compare; 0 and 1 without any."""
    known = table.values[np.isfinite(table.values)]
    if not len(known):
        return 0.0, 1.0
    # One diverged loss would press every other curve into a line.
    low, high = np.quantile(known, [0.01, 0.99])
    return float(low), float(high) if high > low else float(low) + 1.0
