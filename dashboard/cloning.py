"""A section of a page: try a trial's configuration again, with changes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from dashboard.asking import asked, confirm, resumed, warn_of_plugins
from dashboard.frame import Open
from dashboard.prepare import clone as prepared
from dashboard.prepare.clone import Draft, Field
from dashboard.prepare.words import plain
from search.plan.trial_config import Value

LEFT_OPEN = "left to the sampler"
ORDINARY = re.compile(r"(?!www\.)[A-Za-z0-9]+([_.][A-Za-z0-9]+)*")
"""Names that Markdown shows as they are: an underscore within a word is no emphasis."""


def clone(found: Open, number: int) -> None:
    """Draw a form with a trial's configuration, closed at first, and enqueue what becomes of it."""
    key = f"clone:{found.run.name}:{number}"
    box = st.expander("Clone and edit", icon=":material/content_copy:", key=key, on_change="rerun")
    if box.open:
        with box:
            _section(found, number, key)


def _section(found: Open, number: int, key: str) -> None:
    space = found.run.plan.space
    before = prepared.draft(space, prepared.texts(space, found.run.trial(number).point))
    st.caption(
        f"Begins with trial {number}. An empty field is left to the sampler. It comes on top of the budget."
    )
    made = _form(found, key, before)
    _changes(before, made)
    driven = found.state == "running"
    if not driven:
        st.caption("Nobody drives this run: the search goes on for this trial, on this machine.")
        warn_of_plugins(found.run.plan.plugins)
    confirm(
        "Try it next" if driven else "Resume the search and try it",
        within=key,
        act=lambda: _enqueue(found, made.point, driven=driven),
        done="The configuration is tried next.",
        right=made.right,
    )


def _enqueue(found: Open, point: Mapping[str, Value], *, driven: bool) -> str:
    layout = found.run.layout
    why = asked(layout, "enqueue", waits=not driven, point=dict(point))
    return why if why or driven else resumed(layout.root)


def _form(found: Open, key: str, before: Draft) -> Draft:
    """Draw the fields; a choice that switches others on or off draws them anew."""
    space = found.run.plan.space
    first = {field.name: field.value for field in before.fields}
    written = {
        name: st.session_state.get(f"{key}:{name}", first.get(name, "")) or "" for name in space.names()
    }
    made = prepared.draft(space, written)
    with st.container(horizontal=True, gap="small"):
        for field in made.fields:
            with st.container(width=225):
                _field(field, f"{key}:{field.name}", first.get(field.name, ""))
    return made


def _field(field: Field, key: str, first: str) -> None:
    label = _label(field.name)
    if field.options:
        index = field.options.index(first) if first in field.options else None
        st.selectbox(
            label, field.options, index=index, key=key, placeholder=LEFT_OPEN, help=plain(field.hint)
        )
    else:
        st.text_input(
            label,
            value=first,
            key=key,
            placeholder=LEFT_OPEN,
            help=plain(field.hint),
            max_chars=prepared.LONGEST,
        )
    if field.mistake:
        st.caption(f":red[{plain(field.mistake)}]")


def _changes(before: Draft, made: Draft) -> None:
    changes = prepared.changed(before.point, made.point)
    if not changes:
        st.caption("Nothing is changed: the same configuration is trained once more.")
        return
    told = (f"{name}: {old or LEFT_OPEN} → {new or LEFT_OPEN}" for name, (old, new) in changes.items())
    st.caption(plain("; ".join(told)))


def _label(name: str) -> str:
    """Return a name as a label; an ordinary one as it is, since who hears the page would hear its backslashes."""
    return name if ORDINARY.fullmatch(name) else plain(name)
