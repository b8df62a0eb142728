"""Questions to a model: images given to `search.predict` in a process of its own, its answers and pictures drawn."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard import jobs
from dashboard.drawing import frame
from dashboard.prepare.predictions import METHODS, Predicted, predictions
from dashboard.prepare.words import plain
from dashboard.scratch import SCRATCH
from search.winner import explanations

IMAGES, PICTURES = "images", "pictures"
"""In a question's folder: what a visitor brought, and what the verb wrote."""

TOP = 5
"""Labels of an answer."""


@dataclass(frozen=True)
class Question:
    """A question of a visitor: the job that answers it, its folder, what it is about, the images' names by path."""

    job: str
    folder: Path
    about: str
    names: Mapping[str, str]


def methods(key: str) -> list[str]:
    """Let the visitor choose how a prediction is explained; return the names that `--explain` takes."""
    return st.multiselect(
        "Explain it by",
        list(METHODS),
        ["gradcam"],
        format_func=METHODS.__getitem__,
        key=key,
        width=340,
        help=plain("; ".join(f"{METHODS[name]}: {shows}" for name, shows in explanations.METHODS.items())),
    )


def ask(
    key: str,
    about: str,
    model: Path,
    *,
    explain: Sequence[str],
    options: Sequence[str] = (),
    brought: Mapping[str, tuple[str, bytes]] | None = None,
) -> None:
    """Begin to answer a question; the page is drawn again.

    Args:
        key: of the place on a page; a visitor has one question at each.
        about: what is asked, to be told from other questions.
        model: the folder of a bundle, or of a run.
        explain: methods.
        options: of `search.predict`, that say which image where none is brought.
        brought: images of the visitor: name in the folder, then the visitor's name and the content.
    """
    try:
        folder = SCRATCH.folder()
        (folder / IMAGES).mkdir()
        (folder / PICTURES).mkdir()
        names = {str(folder / IMAGES / name): given for name, (given, _) in (brought or {}).items()}
        for name, (_, content) in (brought or {}).items():
            (folder / IMAGES / name).write_bytes(content)
    except OSError as error:
        st.error(plain(error), icon=":material/error:")
        return
    visitor = st.session_state.setdefault("visitor", uuid.uuid4().hex)
    question = Question(f"predict:{visitor}:{key}", folder, about, names)
    words = [*options, "--top", str(TOP)]
    words += ["--explain", *explain, "--out", str(folder / PICTURES)] if explain else []
    if (known := jobs.job(question.job)) is not None and known.running:
        known.cancel(at_once=True)  # whoever asks anew waits for the new answer alone
        known.join(1.0)
    st.session_state[f"question:{key}"] = question
    jobs.begin(question.job, jobs.verb("search.predict", *words, "--", str(model), *names))


def answer(key: str, about: str) -> None:
    """Draw the answer to a visitor's last question, or its progress; nothing where it was about something else.

    Args:
        key: of the place on a page.
        about: what the place is about now.
    """
    question = st.session_state.get(f"question:{key}")
    if not isinstance(question, Question) or question.about != about:
        return
    known = jobs.job(question.job)
    if known is None:
        return
    if known.running:
        jobs.show_job(question.job, "Asking the model")
        return
    shutil.rmtree(question.folder / IMAGES, ignore_errors=True)
    found = predictions(known.lines, question.folder / PICTURES, question.names)
    if not found:
        jobs.show_failure(question.job, "Asking the model")
    for number, one in enumerate(found):
        _draw(one, f"{key} {number}")


def _draw(one: Predicted, key: str) -> None:
    if one.reason:
        st.error(plain(f"{one.image}: {one.reason}"), icon=":material/broken_image:")
        return
    with st.container(border=True):
        said = one.labels[0] if one.labels else "no answer"
        told = f"{said} (in truth: {one.true})" if one.true else said
        st.markdown(f"**{plain(one.image)}**: {plain(told)}")
        left, right = st.columns([2, 3], gap="medium")
        with left:
            _bars(one, key)
        with right:
            for method, picture in (one.pictures or {}).items():
                st.image(picture, caption=plain(method))


def _bars(one: Predicted, key: str) -> None:
    percent = [100 * share for share in one.probabilities]
    st.dataframe(
        frame({"label": one.labels, "probability": percent}),
        hide_index=True,
        key=f"answer {key}",
        column_config={
            "label": st.column_config.TextColumn("Label"),
            "probability": st.column_config.ProgressColumn(
                "Probability", format="%.1f %%", min_value=0, max_value=100
            ),
        },
    )
