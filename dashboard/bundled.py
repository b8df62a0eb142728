"""An exported model, drawn: its formats and how each agrees, its files, its card, and what can be downloaded."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from dashboard.drawing import folded, frame
from dashboard.prepare import bundles, card
from dashboard.prepare.bundles import Shown
from dashboard.prepare.words import plain
from search.runs.run import Run

NUMBER = st.column_config.NumberColumn
TEXT = st.column_config.TextColumn


def bundle(run: Run, shown: Shown) -> None:
    """Draw a bundle of a run."""
    st.success(plain(f"{shown.title} is exported. {bundles.of_all(shown)}"), icon=":material/verified:")
    st.code(str(shown.folder), language=None, wrap_lines=True)
    if shown.formats:
        _formats(shown)
        st.caption(plain(shown.note))
    _downloads(run, shown)
    box = folded("Files and checksums", key=f"files {shown.name}", icon=":material/fingerprint:")
    if box is not None:
        with box:
            _files(shown)
    box = folded("Model card", key=f"card {shown.name}", icon=":material/description:")
    if box is not None:
        with box:
            _card(shown)


def _formats(shown: Shown) -> None:
    table = pd.DataFrame(shown.formats)
    empty = [name for name in table if table[name].isna().all() or (table[name] == "").all()]
    st.dataframe(
        table.drop(columns=empty),
        hide_index=True,
        key=f"formats {shown.name}",
        placeholder="–",
        column_config={
            "format": TEXT("Format", pinned=True),
            "difference": NUMBER(
                "Difference",
                format="scientific",
                help="From the trained model, as a share of the largest output",
            ),
            "tolerance": NUMBER("Allowed", format="scientific"),
            "same": TEXT("Same class", help="For so many of the validation images that were compared"),
            "bytes": NUMBER("Size", format="bytes"),
            "latency_1": NUMBER("1 image, ms", format="%.2f", help="Median time of a batch of 1"),
            "latency_32": NUMBER("32 images, ms", format="%.2f", help="Median time of a batch of 32"),
            "accuracy": NUMBER("Accuracy", format="%.4f", help="On the validation images that were compared"),
            "lost": TEXT("Lost", help="Accuracy below the trained model's, with its 95 % interval"),
        },
    )


def _downloads(run: Run, shown: Shown) -> None:
    if shown.bytes > bundles.MOST_BYTES:
        st.caption("It is too large for a download: take the folder.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            f"Download ({shown.bytes / 1e6:,.1f} MB)",
            data=partial(bundles.zipped, shown),
            file_name=f"{run.name}-{shown.name}.zip",
            mime="application/zip",
            icon=":material/download:",
            key=f"zip {shown.name}",
            on_click="ignore",
        )
        name = st.selectbox(
            "One file",
            list(shown.sizes),
            key=f"file of {shown.name}",
            label_visibility="collapsed",
            width=220,
        )
        st.download_button(
            "Download this file",
            data=partial(bundles.one_file, shown, name),
            file_name=name,
            mime="application/octet-stream",
            icon=":material/draft:",
            key=f"one file of {shown.name}",
            on_click="ignore",
        )


def _files(shown: Shown) -> None:
    rows: dict[str, list[Any]] = {
        "file": list(shown.sizes),
        "bytes": list(shown.sizes.values()),
        "SHA-256": [shown.checksums[name] for name in shown.sizes],
    }
    config = {
        "file": TEXT("File", pinned=True),
        "bytes": NUMBER("Size", format="bytes"),
        "SHA-256": TEXT("SHA-256", width=520),
    }
    st.dataframe(frame(rows), hide_index=True, key=f"sums {shown.name}", column_config=config)


def _card(shown: Shown) -> None:
    found = card.card(shown)
    if not found:
        st.caption("This bundle has no model card: export it again.")
    for part in found:
        if part.picture is not None:
            st.image(part.picture, caption=plain(part.text))
        else:
            st.markdown(part.text, anchors=False)
