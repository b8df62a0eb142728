"""What people say of a trial: its tags and notes, and the fields to add some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import jobs
from dashboard.asking import asked, why_unasked
from dashboard.frame import Open
from dashboard.prepare import requests as prepared
from dashboard.prepare.moments import moment
from dashboard.prepare.words import plain
from dashboard.steering import waiting
from search.runs.requests import MOST_CHARACTERS
from search.runs.run import Run


def remark_actions(found: Open, number: int) -> None:
    """Draw a trial's tags and notes, and the fields to add some."""
    run = found.run
    given = prepared.tags(run.requests, number)
    for note in prepared.notes(run.requests, number):
        st.caption(moment(note.at))
        st.code(note.text, language=None, wrap_lines=True)
    why = why_unasked(run, "note", str(number), "TEXT")
    if why:
        st.caption(plain(f"Tags: {', '.join(given)}. {why}" if given else why))
        return
    job = _note_job(run)
    busy = jobs.busy(job)
    _tags(found, number, given, busy=busy)
    with st.form(f"note:{number}", clear_on_submit=True, border=False):
        text = st.text_area("A note on this trial", max_chars=MOST_CHARACTERS, height=80)
        if (
            st.form_submit_button("Keep the note", icon=":material/edit_note:", disabled=busy)
            and text.strip()
        ):
            _remark(found, number, [text.strip()])
    jobs.show_job(job, "Keeping it")
    waiting(found, "note", "tag")


def _tags(found: Open, number: int, given: tuple[str, ...], *, busy: bool) -> None:
    key = f"tags:{found.run.name}:{number}:{given}"

    def change() -> None:
        chosen = st.session_state[key]
        added = [tag[:MOST_CHARACTERS] for tag in chosen if tag not in given]
        removed = [tag for tag in given if tag not in chosen]
        if added or removed:
            _remark(found, number, added or removed, tag=True, remove=bool(removed))

    st.multiselect(
        "Tags",
        given,
        default=given,
        accept_new_options=True,
        max_selections=20,
        key=key,
        on_change=change,
        disabled=busy,
    )


def _remark(
    found: Open, number: int, texts: Sequence[str], *, tag: bool = False, remove: bool = False
) -> None:
    """Keep a note or tags: by the driver where there is one, else by a verb."""
    layout = found.run.layout
    if found.state == "running":
        more: dict[str, Any] = {"remove": remove} if tag else {}
        for text in texts:
            why = asked(layout, "tag" if tag else "note", trial=number, text=text, **more)
            st.toast(plain(why or "The driver is asked to keep it."))
        return
    words = [*(["--tag"] if tag else []), *(["--remove"] if remove else [])]
    command = jobs.verb("search.note", *words, "--", str(layout.root), str(number), *texts)
    try:
        jobs.start(_note_job(found.run), command)
    except OSError as error:
        st.toast(plain(error), icon=":material/error:")


def _note_job(run: Run) -> str:
    return f"note:{run.layout.root}"
