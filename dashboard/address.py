"""What the URL says beside the page: run, filter, chosen trials, objective of others' logs. Pages share these.

A page's other choices are widgets with ``bind="query-params"``, which Streamlit keeps in the URL by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import streamlit as st

from dashboard.prepare.filters import Filters

RUN, FILTER, TRIALS, OBJECTIVE = "run", "filter", "trials", "objective"
MOST_TRIALS = 20
"""More chosen trials than these are no longer told apart on a chart."""


def run_name() -> str | None:
    """Return the run that the URL names."""
    return st.query_params.get(RUN)


def filters() -> Filters:
    """Return the filter."""
    return Filters.parse(st.query_params.get(FILTER, ""))


def objective() -> tuple[str, str] | None:
    """Return what another program's logs are ranked by: a metric, and `max` or `min`; None: it is guessed."""
    metric, _, mode = st.query_params.get(OBJECTIVE, "").rpartition(":")
    return (metric, mode) if metric and mode in ("max", "min") else None


def set_objective(metric: str, mode: str) -> None:
    """Put what logs are ranked by into the URL; the page is not drawn again by that."""
    _set(OBJECTIVE, f"{metric}:{mode}")


def set_filters(chosen: Filters) -> None:
    """Put a filter into the URL; the page is not drawn again by that."""
    _set(FILTER, str(chosen))


def trials(known: Collection[int]) -> list[int]:
    """Return the chosen trials in the order in which they were chosen, without those that are not known."""
    parts = st.query_params.get(TRIALS, "").split(",")
    # At most nine digits: a longer number is no trial's, and slow to read.
    numbers = (int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10)
    return [number for number in dict.fromkeys(numbers) if number in known][:MOST_TRIALS]


def set_trials(numbers: Iterable[int]) -> None:
    """Put chosen trials into the URL; the page is not drawn again by that."""
    _set(TRIALS, ",".join(str(number) for number in list(numbers)[:MOST_TRIALS]))


def carried(**changed: str) -> dict[str, str]:
    """Return what a link to another page keeps of the URL.

    Args:
        changed: what it says otherwise; an empty text leaves a name out.
    """
    kept = {name: st.query_params.get(name, "") for name in (RUN, FILTER, TRIALS, OBJECTIVE)}
    return {name: value for name, value in {**kept, **changed}.items() if value}


def _set(name: str, value: str) -> None:
    if value == st.query_params.get(name, ""):
        return
    if value:
        st.query_params[name] = value
    else:
        del st.query_params[name]
