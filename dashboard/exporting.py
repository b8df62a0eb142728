"""Exporting a model: which one, in which formats, how far it is, and what was exported before."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import asking, jobs
from dashboard.bundled import bundle
from dashboard.confirming import confirmed_winner
from dashboard.known_formats import USUAL, Format, known_formats, waits
from dashboard.prepare import bundles, trial
from dashboard.prepare.words import plain
from dashboard.watch import redraw_on_change
from search.runs.copies import fetch_command
from search.runs.run import Run

ENSEMBLE = "ensemble"
PREPROCESS = {
    "outside": "the program that uses it",
    "inside": "the model file itself",
}


def export(run: Run) -> None:
    """Draw the export: what of which there is a choice, its progress, and the bundles that are there."""
    st.subheader("Export", anchor=False)
    able = choices(run)
    why = asking.why_not(run)
    if not able:
        st.caption("Weights can be exported of completed trials that have kept theirs: there are none here.")
        if command := fetch_command(run.layout, "--weights"):
            st.caption("This is a copy of a run. This brings the weights that its search has kept:")
            st.code(command, language="bash", wrap_lines=True)
    elif why:
        st.caption(plain(why))
    else:
        _choose(run, able)
    jobs.show_job(_job(run), "Exporting")
    if not jobs.busy(_job(run)):
        _bundles(run)


def choices(run: Run) -> list[str]:
    """Return what can be exported: numbers of trials, the confirmed winner first, then best first; an ensemble."""
    able, first = run.exportable(), confirmed_winner(run)
    numbers = sorted(able, key=lambda number: number != first)
    return [*map(str, numbers), *([ENSEMBLE] if able and run.layout.ensemble.is_file() else [])]


def _job(run: Run) -> str:
    return f"export:{run.layout.root}"


def _choose(run: Run, able: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.selectbox("Trial, best first", able, key="export", bind="query-params", width=180)
        formats = _formats()
        preprocess = st.selectbox(
            "Pixels are scaled by",
            list(PREPROCESS),
            format_func=lambda name: PREPROCESS[name],
            key="preprocess",
            width=220,
            help="The model file itself: it takes pixels of 0 to 255. Else its user computes (x / 255 - mean) / std.",
        )
    label = "the ensemble" if which == ENSEMBLE else f"trial {which}"
    if which != ENSEMBLE:
        chosen = run.trial(int(which))
        asking.warn_of_plugins(chosen.config.plugins if chosen.config else ())
        st.caption(plain(trial.label(run, chosen)))
    ready = formats is None or bool(formats)
    if st.button(
        f"Export {label}",
        icon=":material/package_2:",
        type="primary",
        disabled=jobs.busy(_job(run)) or not ready or waits(),
    ):
        words = ["--trial", which, *(["--format", *formats] if formats else []), "--preprocess", preprocess]
        jobs.begin(_job(run), jobs.verb("search.export", *words, "--", str(run.layout.root)))
    if not bundles.bundles(run.layout):
        st.caption(
            "A folder with weights, the model in each format, labels, recipe, model card and checksums. Every file is "
            "loaded again in a new process and compared with the trained model before it is called exported."
        )


def _formats() -> list[str] | None:
    """Let the visitor choose formats; None where it is not known which there are."""
    try:
        known = known_formats()
    except OSError as error:
        st.caption(plain(error))
        return None
    if known is None:
        if waits():
            st.caption("The formats are being asked for …")
            redraw_on_change(waits, every=1.0)
        return None
    here = {one.name: one for one in known if not one.package}
    return st.multiselect(
        "Formats",
        list(here),
        [name for name in USUAL if name in here],
        key="formats",
        help=_about(known),
        width="stretch",
    )


def _about(known: tuple[Format, ...]) -> str:
    lines = [
        f"- **{plain(one.name)}**: {plain(one.about)}"
        + (f" (not here: it needs {plain(one.package)})" if one.package else "")
        for one in known
    ]
    return "\n".join(lines)


def _bundles(run: Run) -> None:
    found = {one.name: one for one in bundles.bundles(run.layout)}
    if not found:
        return
    name = next(iter(found))
    if len(found) > 1:
        name = st.selectbox(
            "Exported, the last one first",
            list(found),
            format_func=partial(_title, found),
            key="bundle",
            width=260,
        )
    bundle(run, found[name])


def _title(found: dict[str, bundles.Shown], name: str) -> str:
    return found[name].title
