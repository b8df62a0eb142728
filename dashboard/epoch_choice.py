"""The choice of the epoch at which trials are compared; pages share it, and the URL keeps it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.frame import Open
from dashboard.memory import remember
from dashboard.prepare import common_epoch
from dashboard.prepare.common_epoch import Reached


def choose_epoch(
    found: Open, usual: Callable[[tuple[Reached, ...]], int | None], *, hint: str | None
) -> Reached | None:
    """Draw the choice and return the epoch, with how many trials reached it; None where no trial has a value.

    Args:
        found: of the page.
        usual: gives the epoch that is chosen at first.
        hint: what the choice is for, where the page does not say it.
    """
    counted = remember(found.run, common_epoch.counted, found.run)
    epochs = {one.epoch: one for one in remember(found.run, common_epoch.offered, found.table, counted)}
    if not epochs:
        return None
    options = list(epochs)
    first = usual(tuple(epochs.values()))
    index = options.index(first) if first in epochs else 0
    chosen = st.selectbox(
        "Compare at epoch", options, index=index, key="epoch", bind="query-params", help=hint, width=150
    )
    return epochs[chosen]
