"""Page: the trial to take away: how sure it is, its export, a place to try it, its configuration."""

from __future__ import annotations

import streamlit as st

from dashboard.confirming import confirmation, confirmed_winner
from dashboard.drawing import folded
from dashboard.ensembling import ensemble
from dashboard.exporting import export
from dashboard.frame import Open, no_trials_yet, run_page
from dashboard.memory import remember
from dashboard.pages import link
from dashboard.prepare import rivals
from dashboard.prepare.winner import Place, Winner, winner
from dashboard.prepare.words import plain
from dashboard.trying import try_it
from search.runs.run import Run

NUMBER = st.column_config.NumberColumn

MOST_LINES, LONG = 14, 330
"""Of a configuration that is shown whole, and the pixels of a longer one."""


def draw(found: Open) -> None:
    """Draw the page."""
    run = found.run
    confirmed = confirmed_winner(run)
    won = remember(run, winner, run, confirmed)
    if won is None:
        no_trials_yet()
        return
    _head(run, won, confirmed=confirmed is not None)
    confirmation(found)
    _rivals(run, folded_up=confirmed is not None)
    export(run)
    ensemble(found)
    try_it(run)
    st.subheader("Configuration and files", anchor=False)
    _settings(won)
    _files(won)


def _head(run: Run, won: Winner, *, confirmed: bool) -> None:
    """Say which trial it is and how far its score can be trusted."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        what = "Confirmed winner" if confirmed else "Candidate"
        st.subheader(f"{what}: trial {won.trial}", anchor=False, width="content")
        link("trial", f"Look at trial {won.trial}", trials=str(won.trial))
    st.markdown(plain(f"In the search: {won.score}" if confirmed else won.score))
    if confirmed:
        return
    if won.complete:
        said = " ".join(rivals.caveats(run, run.trial(won.trial)))
        st.warning(plain(said), icon=":material/casino:")
    else:
        st.warning(
            f"It has trained {won.epochs} epochs and is not complete: another may still win.",
            icon=":material/hourglass_empty:",
        )


def _rivals(run: Run, *, folded_up: bool) -> None:
    """Draw the best trial's rivals in the search; where a confirmation has judged them, behind a click."""
    title = "Rivals in the search, at equal epochs"
    if not folded_up:
        st.markdown(f"**{title}**")
        _rivals_table(run)
        return
    box = folded(title, key="rivals of the search", icon=":material/leaderboard:")
    if box is not None:
        with box:
            _rivals_table(run)


def _rivals_table(run: Run) -> None:
    table = remember(run, rivals.rivals, run)
    st.dataframe(
        table,
        hide_index=True,
        key="rivals",
        placeholder="–",
        column_config={
            "trial": NUMBER("Trial", pinned=True),
            "status": "Status",
            "epoch": NUMBER("At epoch", help="The last one that both it and the candidate reached"),
            "value": NUMBER("Value there", format="%.4f"),
            "gap": NUMBER("Difference", format="%+.4f"),
            "interval": st.column_config.TextColumn("95 % interval", help="Wilson, on the validation images"),
            "overlap": "Overlaps the candidate's",
            "p": NUMBER(
                "p", format="%.2g", help="McNemar's exact test, image by image, at the last epoch of both"
            ),
        },
    )
    text = plain(rivals.close(table))
    numbers = table["trial"].tolist()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(text, width="content")
        if len(numbers) > 1:
            link("compare", "Compare them", trials=",".join(map(str, numbers[:5])))


def _settings(won: Winner) -> None:
    st.markdown("**Its configuration**, to copy")
    st.code(
        won.settings,
        language="yaml",
        wrap_lines=True,
        height=LONG if won.settings.count("\n") > MOST_LINES else "content",
    )
    if not won.full:
        st.caption("What was searched; all other settings are known when its first stint has ended.")


def _files(won: Winner) -> None:
    with st.expander("The candidate's own files, and Python that reads it", icon=":material/folder:"):
        for place in won.places:
            _place(place)
        st.code(won.code, language="python", wrap_lines=True)


def _place(place: Place) -> None:
    st.caption(place.name if place.there else f"{place.name}: not there (yet, or no longer)")
    st.code(str(place.path), language=None, wrap_lines=True)


run_page(draw, filtered=False)
