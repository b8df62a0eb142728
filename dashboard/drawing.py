"""From plain data to Streamlit's elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.charts.axes import Options


def chart(options: Options, *, height: int, name: str, alt: str) -> None:
    """Draw a chart; its columns travel as Arrow, which is smaller and quicker than JSON.

    Args:
        options: of ECharts, with columns as the sources of its data sets.
        height: in pixels.
        name: that the chart keeps over drawings, so that it is not built anew.
        alt: what it shows, for those who hear the page.
    """
    sets = [{**one, "source": pd.DataFrame(one["source"])} for one in options["dataset"]]
    st.echarts_chart({**options, "dataset": sets}, height=height, key=name, alt=alt)


def frame(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return columns as a table."""
    return pd.DataFrame(dict(columns))


def folded(label: str, *, key: str, icon: str | None = None, expanded: bool = False) -> DeltaGenerator | None:
    """Draw a box that a visitor opens; return it where it is open, else None: what is not seen costs nothing.

    Args:
        label: of the box.
        key: that it keeps over drawings.
        icon: beside the label.
        expanded: open at first.
    """
    box = st.expander(label, icon=icon, key=key, expanded=expanded, on_change="rerun")
    return box if box.open else None
