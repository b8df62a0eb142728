"""Page: the best trial to take away."""

from __future__ import annotations

import streamlit as st

from dashboard.frame import Open, no_trials_yet, run_page
from dashboard.prepare.winner import Place, Winner, winner
from dashboard.prepare.words import plain


def draw(found: Open) -> None:
    """Draw the page."""
    won = winner(found.run)
    if won is None:
        no_trials_yet()
        return
    st.subheader(f"Winner: trial {won.trial}", anchor=False)
    st.markdown(plain(won.score))
    if not won.complete:
        st.warning(
            f"It has trained {won.epochs} epochs and is not complete: another may still win.",
            icon=":material/hourglass_empty:",
        )
    left, right = st.columns(2, gap="medium")
    with left:
        _settings(won)
    with right:
        st.markdown("**Its files**")
        for place in won.places:
            _place(place)
        st.caption("in Python")
        st.code(won.code, language="python", wrap_lines=True)


def _settings(won: Winner) -> None:
    st.markdown("**Its configuration**, to copy")
    st.code(won.settings, language="yaml", wrap_lines=True)
    if not won.full:
        st.caption("What was searched; all other settings are known when its first stint has ended.")


def _place(place: Place) -> None:
    st.caption(place.name if place.there else f"{place.name}: not there (yet, or no longer)")
    st.code(str(place.path), language=None, wrap_lines=True)


run_page(draw)
