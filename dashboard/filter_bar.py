"""The filter as a row of conditions above a page: to read, to remove, to add one."""

from __future__ import annotations

import math

import streamlit as st

from dashboard import address
from dashboard.prepare.filters import FACTS, Choice, Condition, Filters, Mask, Range
from dashboard.prepare.states import STATUS_TEXT
from dashboard.prepare.table import Table
from dashboard.prepare.words import plain


def filter_bar(table: Table) -> Mask:
    """Draw the filter of the URL and return which trials (trials,) it lets through."""
    filters = address.filters()
    shown = filters.mask(table)
    with st.popover("Filter", icon=":material/filter_alt:"):
        _add(table, filters)
    for name, condition in filters:
        label = plain(f"{name} {words(condition)}")
        if st.button(label, key=f"without:{name}", icon=":material/close:", help="Remove this condition"):
            _apply(filters.without(name))
    if filters:
        st.caption(f"{shown.sum():,} of {len(table):,} trials", width="content")
    return shown


def words(condition: Condition) -> str:
    """Return a condition in words: `from 0.001 to 0.1`, `adam or sgd`."""
    if isinstance(condition, Choice):
        return " or ".join(condition.values)
    ends = [f"from {condition.low:.4g}"] if math.isfinite(condition.low) else []
    ends += [f"to {condition.high:.4g}"] if math.isfinite(condition.high) else []
    return " ".join(ends) or "any number"


def _add(table: Table, filters: Filters) -> None:
    choices = {
        parameter.name: parameter.choices for parameter in table.parameters if parameter.kind == "choice"
    }
    choices["status"] = tuple(STATUS_TEXT)
    names = [*(parameter.name for parameter in table.parameters), *FACTS, "status"]
    name = st.selectbox("Show only trials with", names, index=None, placeholder="a setting or a result")
    if name is None:
        return
    known = dict(filters.conditions).get(name)
    made = _choice(choices[name], known) if name in choices else _range(known)
    if st.button("Apply", type="primary", disabled=made is None) and made is not None:
        _apply(Filters({**filters.conditions, name: made}))


def _choice(choices: tuple[str, ...], known: Condition | None) -> Condition | None:
    before = [value for value in known.values if value in choices] if isinstance(known, Choice) else []
    chosen = st.multiselect("one of", choices, default=before)
    return Choice(tuple(chosen)) if chosen else None


def _range(known: Condition | None) -> Condition | None:
    before = known if isinstance(known, Range) else Range()
    low = st.number_input("from", value=_finite(before.low), format="%g", placeholder="any")
    high = st.number_input("to", value=_finite(before.high), format="%g", placeholder="any")
    if low is None and high is None:
        return None
    return Range(-math.inf if low is None else low, math.inf if high is None else high)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _apply(filters: Filters) -> None:
    address.set_filters(filters)
    st.rerun()
