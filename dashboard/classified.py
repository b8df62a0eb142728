"""How trials classify images, drawn: confusion matrices and contact sheets, for several pages."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.confusion_chart import confusion_chart
from dashboard.drawing import chart
from dashboard.frame import palette
from dashboard.prepare.answers import Answers, Sheet, cells, confusions
from dashboard.prepare.words import plain


def confusion(said: Answers, *, shares: bool, name: str, trial: int) -> None:
    """Draw a confusion matrix, and name the most frequent mistakes.

    Args:
        said: by the trial.
        shares: label a cell with its share of the row.
        name: that the chart keeps over drawings.
        trial: its number.
    """
    found = cells(said, shares=shares)
    options = confusion_chart(found, unit="% of the row" if shares else "images", palette=palette())
    height = min(560, 150 + 28 * len(found.classes))
    chart(
        options,
        height=height,
        name=name,
        alt=f"Confusion matrix of trial {trial}: true class by predicted class",
    )
    left_out = f"{found.left_out} classes with fewer mistakes are left out. " if found.left_out else ""
    pairs = [f"{true} → {given} ({count})" for true, given, count in confusions(said, most=3)]
    st.caption(
        plain(
            f"Rows: the true class; columns: the predicted one. {left_out}"
            f"Most often confused: {', '.join(pairs) or 'none'}."
        )
    )


def contact_sheet(found: Sheet) -> None:
    """Draw images with a line below each; where they are not here, say why, and show the lines."""
    if not found.captions:
        st.caption("There are none.")
        return
    if found.pixels is None:
        st.info(plain(found.reason), icon=":material/image_not_supported:")
        count = len(found.captions)
        with st.expander(f"Without pictures: {count} image{'s' * (count != 1)}"):
            st.text("\n".join(found.captions))
        return
    images = [one[:, :, 0] if one.shape[2] == 1 else one for one in found.pixels]
    with st.container(horizontal=True, gap="small"):
        for image, text in zip(images, found.captions, strict=True):
            st.image(image, caption=plain(text), width=104, output_format="PNG")
