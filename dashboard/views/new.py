"""Page: a new search: its space chosen and edited, checked while it is typed, its cost estimated, begun."""

from __future__ import annotations

import functools
import time
from pathlib import Path

import streamlit as st

from dashboard import jobs, memory, searches
from dashboard.asking import confirm
from dashboard.components.editor import editor, typed
from dashboard.drawing import frame
from dashboard.frame import runs_dir, sidebar_of_runs
from dashboard.known_words import ask, known_words, why_unknown
from dashboard.looking_up import look_up
from dashboard.pages import path_of
from dashboard.prepare import new_search as prepared
from dashboard.prepare.moments import moment
from dashboard.prepare.new_search import MOST_BYTES, Checked, Source
from dashboard.prepare.words import plain
from dashboard.searches import Begun, CannotBegin
from dashboard.shelf import Shelved
from dashboard.watch import redraw_on_change
from search.costs import hours_text
from search.plan.model import Plan
from search.plan.vocabulary import Vocabulary
from search.runs.layout import RunLayout, find_runs

EDITOR = "space editor"
LATEST = 3
"""Earlier searches of the same images whose pace is looked at: to read one of 5,000 trials takes seconds."""

PACE_EVERY = 60.0
"""Seconds between two looks at it."""

FIELDS = {
    "budget.trials": ("Trials", "the space's"),
    "budget.epochs": ("Epochs of each", "the space's"),
    "budget.time": ("Time budget", "such as 2h"),
}
RARE = {
    "seed": ("Seed", "the space's"),
    "data.dir": ("Folder of the images", "the space's"),
}


def draw() -> None:
    """Draw the page."""
    folder = runs_dir()
    sidebar_of_runs()
    if not isinstance(folder, Path):
        st.info(
            f"{plain(folder)} can only be read from here; a search needs a folder.", icon=":material/lock:"
        )
        return
    if _followed(folder):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = _source(folder)
        uploaded = _uploaded()
    if uploaded is not None:
        name, text = uploaded
        st.caption(f"The file {plain(name)} is shown. Take it away there to come back to the spaces.")
        _edit(folder, f"{name} {hash(text)}", text)
        return
    try:
        text = prepared.read_text(source.path)
    except OSError as error:
        st.error(plain(f"{source.path}: {error.strerror or error}"), icon=":material/error:")
        return
    _edit(folder, str(source.path), text)


def _source(folder: Path) -> Source:
    found = prepared.sources(folder)
    labels = [one.label for one in found]
    chosen = st.selectbox("Begin with the space", labels, key="space", bind="query-params")
    return found[labels.index(chosen)]


def _uploaded() -> tuple[str, str] | None:
    """Return a file that the visitor brings, where there is one: its name, and its text."""
    with st.popover("Bring a file", icon=":material/upload_file:"):
        file = st.file_uploader("A space in YAML, at most 256 kB", type=["yaml", "yml"], max_upload_size=1)
    if file is None:
        return None
    if file.size > MOST_BYTES:
        st.error(f"{file.size / 1024:,.0f} kB: a space of at most {MOST_BYTES // 1024} kB is expected.")
        return None
    return file.name, prepared.decoded(file.getvalue())


@st.fragment
def _edit(folder: Path, source: str, original: str) -> None:
    if st.session_state.pop("just begun", False):
        st.rerun()  # of the whole page: it follows the search
    left, right = st.columns([3, 2], gap="medium")
    with right:
        options, arguments = _options()
    text = typed(original, source=source, key=EDITOR)
    words = known_words()
    checked = prepared.check(text, options, base=Path.cwd(), vocabulary=words)
    with left:
        wrong = [mistake.line for mistake in checked.mistakes if mistake.line]
        editor(original, source=source, wrong=wrong, most=MOST_BYTES, label="The space, in YAML", key=EDITOR)
        _verdict(checked, words)
        if words is not None:
            look_up(words, checked.plan.space if checked.plan else None)
    with right:
        if checked.plan is not None:
            _begin(folder, checked.plan, arguments)
            _cost(checked.plan, words, folder)
            _check(folder, checked.plan)


def _options() -> tuple[dict[str, str], list[str]]:
    """Draw the fields; return what they set of the space, and the further arguments of the verb."""
    with st.container(horizontal=True):
        found = {key: _field(key, *words) for key, words in FIELDS.items()}
    with st.expander("More settings"):
        found |= {key: _field(key, *words) for key, words in RARE.items()}
        at_once = st.number_input(
            "Trials at once", 1, 10_000, value=None, placeholder="as this machine allows"
        )
    return found, [] if at_once is None else ["--concurrency", str(at_once)]


def _field(key: str, label: str, hint: str) -> str:
    return st.text_input(label, placeholder=hint, max_chars=1000, key=f"new:{key}", width=130) or ""


def _verdict(checked: Checked, words: Vocabulary | None) -> None:
    """Say what is wrong with the space, or that nothing is."""
    if checked.mistakes:
        count = len(checked.mistakes)
        st.error(f"{count} {'mistake' if count == 1 else 'mistakes'}", icon=":material/error:")
        said = (f"line {one.line}: {one.text}" if one.line else one.text for one in checked.mistakes)
        st.code("\n".join(said), language=None, wrap_lines=True)
    elif checked.plugins:
        st.warning(
            "It names plugins: Python files that run when it is checked or begun. Names of settings are checked then.",
            icon=":material/extension:",
        )
    elif words is not None:
        st.success("The space is in order.", icon=":material/check:")
    if words is None and not checked.plugins:
        _unknown()


def _unknown() -> None:
    why = why_unknown()
    if why:
        st.warning("The names of settings cannot be checked:", icon=":material/warning:")
        st.code(why, language=None, wrap_lines=True)
        if st.button("Load them again", icon=":material/refresh:"):
            try:
                ask()
            except OSError as error:
                st.toast(plain(error), icon=":material/error:")
            else:
                st.rerun()
        return
    st.caption("The names of settings are being loaded; until then only the form is checked.")
    redraw_on_change(lambda: known_words() is None, every=1.0)


def _cost(plan: Plan, words: Vocabulary | None, folder: Path) -> None:
    pace = _pace(folder, plan.data.name, int(time.time() // PACE_EVERY))
    cost = prepared.estimate(plan, words, pace)
    st.markdown("**What it may cost**")
    epochs = f"{cost.most:,}" if cost.least in (None, cost.most) else f"{cost.least:,} to {cost.most:,}"
    st.markdown(plain(f"{cost.trials:,} trials, {epochs} epochs"))
    if cost.least not in (None, cost.most):
        st.caption(
            "The least: exactly one in the reduction factor goes on at each rung. The most: nobody is stopped."
        )
    if cost.hours is None or pace is None:
        st.caption(
            f"No search of {plain(plan.data.name)} in this folder has measured how long an epoch takes."
        )
        return
    low, high = (hours_text(hours) for hours in cost.hours)
    st.markdown(plain(f"{low} to {high} of training on one worker"))
    seconds = f"{pace.low:.2g}" if pace.low == pace.high else f"{pace.low:.2g} to {pace.high:.2g}"
    st.caption(
        plain(f"At {seconds} s an epoch, as in {', '.join(pace.runs)}; other networks take other times.")
    )


@functools.lru_cache(maxsize=32)
def _pace(folder: Path, data: str, tick: int) -> prepared.Pace | None:
    """Return the pace of the last searches of the same images; looked at again with each ``tick``."""
    del tick
    found = []
    for layout in sorted(
        find_runs(folder), key=lambda layout: searches.written_at(layout.plan), reverse=True
    ):
        if (
            prepared.images_of(layout.plan) == data
            and (run := memory.opened(Shelved(layout.root.name, layout)).run) is not None
        ):
            found.append(run)
        if len(found) == LATEST:
            break
    return prepared.pace_of(found)


def _check(folder: Path, plan: Plan) -> None:
    """Offer to build every network of the space once, in a process of its own."""
    text = plan.to_yaml()
    job = f"check:{hash(text)}"
    if st.button(
        "Check thoroughly", icon=":material/fact_check:", help="Builds every network, reads the images"
    ):
        try:
            file = searches.keep_for_check(folder, text)
            jobs.start(job, jobs.verb("search.run", "--check", "--space", str(file)))
        except OSError as error:
            st.error(plain(error), icon=":material/block:")
    jobs.show_job(job, "Building every network of the space")
    found = jobs.job(job)
    report = found.last("check") if found is not None else None
    if report is None:
        return
    for line in prepared.report_lines(report):
        st.caption(plain(line))
    st.dataframe(frame(prepared.report_columns(report)), hide_index=True)


def _begin(folder: Path, plan: Plan, arguments: list[str]) -> None:
    free, key = searches.free_name(folder, plan.name), "begin"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of the run", value=free, max_chars=100, width=190)
        why = searches.why_no_name(folder, name)
        icon = ":material/rocket_launch:"
        box = st.popover(
            "Begin the search", icon=icon, key=key, on_change="rerun", type="primary", disabled=bool(why)
        )
    if why:
        st.caption(f":red[{plain(why)}]")
    if box.open and not why:
        with box:
            st.markdown(
                f"**{plain(name)}** trains up to {plan.budget.trials:,} trials of {plan.budget.epochs:,} epochs on "
                "this machine, where the dashboard runs. It goes on when the dashboard ends."
            )
            act = functools.partial(_begun, folder, name, plan.to_yaml(), arguments)
            confirm("Begin it", within=key, act=act, done="The search is being started.")


def _begun(folder: Path, name: str, text: str, arguments: list[str]) -> str:
    """Begin a search; return why that is not possible, or nothing."""
    try:
        st.session_state["begun"] = searches.begin(folder, name, text, arguments).id
        st.session_state["just begun"] = True
    except CannotBegin as error:
        return str(error)
    return ""


def _followed(folder: Path) -> bool:
    """Follow the search that this visitor has just begun: open it once it is there; tell whether it is awaited."""
    mine = st.session_state.get("begun")
    one = next((one for one in searches.begun(folder) if one.id == mine), None)
    if one is None:
        return False
    if RunLayout(folder / one.run).plan.is_file():
        del st.session_state["begun"]
        st.switch_page(path_of("overview"), query_params={"run": one.run})
    if one.alive:
        _starting(one, folder)
        return True
    st.error(f"The search {plain(one.run)} could not be begun:", icon=":material/error:")
    st.code(one.said or f"exit code {one.returncode}", language=None, wrap_lines=True)
    return False


def _starting(one: Begun, folder: Path) -> None:
    st.info(f"{plain(one.run)} is being started, since {moment(one.at)} …", icon=":material/hourglass_top:")
    redraw_on_change(lambda: (one.alive, RunLayout(folder / one.run).plan.is_file()), every=1.0)


draw()
