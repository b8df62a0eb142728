"""A place to drop images: an exported model says what it sees, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import asking, explaining
from dashboard.prepare import bundles
from dashboard.prepare.words import plain
from search.runs.run import Run

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

MOST_MB = 10
"""Of an image; `.streamlit/config.toml` has the same limit for the whole server."""

MOST_IMAGES = 8
TYPES = ("png", "jpg", "jpeg", "bmp", "gif", "webp", "tif", "tiff")
KEY = "try"


def try_it(run: Run) -> None:
    """Draw the place: images, one of the run's bundles, ways to explain, and the answers."""
    st.subheader("Try it", anchor=False)
    found = {one.name: one for one in bundles.bundles(run.layout)}
    why = asking.why_not(run)
    if why or not found:
        st.caption(plain(why or "Export a model first: then you can show it images here."))
        return
    files = st.file_uploader(
        f"Images to classify: up to {MOST_IMAGES}, at most {MOST_MB} MB each",
        type=list(TYPES),
        accept_multiple_files=True,
        max_upload_size=MOST_MB,
        key="images",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Model",
            list(found),
            format_func=lambda name: found[name].title,
            key="model",
            width=180,
        )
        explain = explaining.methods("explain")
        mistake = too_much([file.size for file in files])
        pressed = st.button(
            "Classify", icon=":material/image_search:", type="primary", disabled=not files or bool(mistake)
        )
    if mistake:
        st.error(mistake, icon=":material/block:")
    about = f"{run.layout.root}:{name}"
    if pressed and not mistake:
        brought = named(files)
        explaining.ask(KEY, about, found[name].folder, explain=explain, brought=brought)
    explaining.answer(KEY, about)


def too_much(sizes: Sequence[int]) -> str:
    """Return why images of these bytes are not taken; empty where they are."""
    if len(sizes) > MOST_IMAGES:
        return f"{len(sizes)} images: at most {MOST_IMAGES} are expected at a time."
    large = [size for size in sizes if size > MOST_MB * 2**20]
    return f"{large[0] / 2**20:.1f} MB: an image of at most {MOST_MB} MB is expected." if large else ""


def named(files: Sequence[UploadedFile]) -> Mapping[str, tuple[str, bytes]]:
    """Return uploaded files under names of our own: a visitor's name is only shown."""
    endings = [Path(file.name).suffix.lower().lstrip(".") for file in files]
    return {
        f"image-{number}.{ending if ending in TYPES else 'png'}": (file.name, file.getvalue())
        for number, (file, ending) in enumerate(zip(files, endings, strict=True))
    }
