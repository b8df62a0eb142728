"""Page: the trial to take away: how sure it is, its rivals, its configuration, its export."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import streamlit as st

from dashboard import asking, jobs
from dashboard.drawing import frame
from dashboard.frame import Open, no_trials_yet, run_page
from dashboard.memory import remember
from dashboard.pages import link
from dashboard.prepare import bundles, rivals, trial
from dashboard.prepare.winner import Place, Winner, winner
from dashboard.prepare.words import plain
from search.runs.run import Run

NUMBER = st.column_config.NumberColumn


def draw(found: Open) -> None:
    """Draw the page."""
    run = found.run
    won = remember(run, winner, run)
    best = run.best()
    if won is None or best is None:
        no_trials_yet()
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(f"Candidate: trial {won.trial}", anchor=False, width="content")
        link("trial", f"Look at trial {won.trial}", trials=str(won.trial))
    st.markdown(plain(won.score))
    if won.complete:
        st.warning(plain(" ".join(rivals.caveats(run, best))), icon=":material/casino:")
    else:
        st.warning(
            f"It has trained {won.epochs} epochs and is not complete: another may still win.",
            icon=":material/hourglass_empty:",
        )
    _rivals(run)
    left, right = st.columns(2, gap="medium")
    with left:
        _settings(won)
    with right:
        _export(run)
        _files(won)


def _rivals(run: Run) -> None:
    st.markdown("**Its rivals at equal epochs**")
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
    st.code(won.settings, language="yaml", wrap_lines=True)
    if not won.full:
        st.caption("What was searched; all other settings are known when its first stint has ended.")


def _export(run: Run) -> None:
    """Draw the export of a trial: which, its progress, what was written."""
    st.markdown("**Export**")
    able = run.exportable()
    why = asking.why_not(run)
    if not able:
        st.caption("Weights can be exported of completed trials that have kept theirs: there are none here.")
        return
    number = st.selectbox(
        "Trial to export, best first",
        able,
        key="export",
        bind="query-params",
    )
    config = run.trial(number).config
    asking.warn_of_plugins(config.plugins if config else ())
    name = f"export:{run.layout.root}:{number}"
    known = jobs.job(name)
    busy = known is not None and known.running
    if why:
        st.caption(plain(why))
    elif st.button(f"Export trial {number}", icon=":material/package_2:", type="primary", disabled=busy):
        _begin(run, number, name)
    st.caption(plain(trial.label(run, run.trial(number))))
    jobs.show_job(name, f"Exporting trial {number}")
    shown = bundles.bundle_of(run.layout, number)
    if shown is None:
        st.caption(
            "A folder with weights (safetensors), configuration, labels, recipe and checksums; "
            "it is loaded again in a new process and compared with the trial."
        )
    elif not busy:
        _bundle(shown)


def _begin(run: Run, number: int, name: str) -> None:
    command = [
        sys.executable,
        "-m",
        "search.export",
        "--trial",
        str(number),
        "--json",
        "--",
        str(run.layout.root),
    ]
    try:
        jobs.start(name, command)
    except OSError as error:
        st.error(plain(error), icon=":material/error:")
    else:
        st.rerun()


def _bundle(shown: bundles.Shown) -> None:
    st.success(plain(f"Trial {shown.trial} is exported. {shown.check}"), icon=":material/verified:")
    st.code(str(shown.folder), language=None, wrap_lines=True)
    if shown.bytes <= bundles.MOST_BYTES:
        st.download_button(
            f"Download ({shown.bytes / 1e6:,.1f} MB)",
            data=partial(bundles.zipped, shown),
            file_name=f"{shown.folder.parent.parent.name}-{shown.folder.name}.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
        )
    else:
        st.caption("It is too large for a download: take the folder.")
    rows: dict[str, list[Any]] = {
        "file": list(shown.sizes),
        "bytes": list(shown.sizes.values()),
        "SHA-256": [shown.checksums[name] for name in shown.sizes],
    }
    st.dataframe(frame(rows), hide_index=True, key="bundle")


def _files(won: Winner) -> None:
    with st.expander("The candidate's own files, and Python that reads it", icon=":material/folder:"):
        for place in won.places:
            _place(place)
        st.code(won.code, language="python", wrap_lines=True)


def _place(place: Place) -> None:
    st.caption(place.name if place.there else f"{place.name}: not there (yet, or no longer)")
    st.code(str(place.path), language=None, wrap_lines=True)


run_page(draw, filtered=False)
