"""The confirmation of a winner: what it found, how it stands while it runs, and the form that begins it."""

from __future__ import annotations

import streamlit as st

from dashboard import asking, jobs, memory
from dashboard.charts.candidates_chart import candidates_chart, height_of
from dashboard.drawing import chart, folded, frame
from dashboard.frame import Open, palette
from dashboard.prepare import confirmed as prepared
from dashboard.prepare import confirming
from dashboard.prepare.confirmed import Confirmed
from dashboard.prepare.confirming import Standing, Wanted
from dashboard.prepare.words import plain
from dashboard.shelf import Shelved, driver_of
from dashboard.watch import EVERY, redraw_on_change
from search.costs import hours_text
from search.plan.command import command
from search.runs.copies import verb_there
from search.runs.layout import RunLayout
from search.runs.run import Run
from search.winner.confirmation.document import ConfirmationError

MOST_SEEDS = 100
NUMBER = st.column_config.NumberColumn


def confirmed_winner(run: Run) -> int | None:
    """Return the trial that a confirmation names as the winner; None where there is none, or it is damaged."""
    try:
        found = prepared.confirmed(run.layout)
    except ConfirmationError:
        return None
    known = found is not None and 0 <= found.winner < len(run.trials)
    return found.winner if found is not None and known else None


def confirmation(found: Open) -> None:
    """Draw what is confirmed; where nothing is, how it stands, or the form that begins it."""
    run = found.run
    if run.foreign:
        return
    st.subheader("Confirmation", anchor=False)
    if _works(run):
        _follow(run)
        return
    told = _told(run)
    if told is not None:
        _found(run, told)
    _form(found, again=told is not None)
    redraw_on_change(lambda: (driver_of(run.layout.confirming) is None, _seen(run.layout)), every=EVERY)


def _told(run: Run) -> Confirmed | None:
    try:
        return prepared.confirmed(run.layout)
    except ConfirmationError as error:
        st.error(plain(error), icon=":material/error:")
        return None


def _seen(layout: RunLayout) -> int:
    try:
        return layout.confirmation.stat().st_mtime_ns
    except OSError:
        return 0


def _job(run: Run) -> str:
    return f"confirm:{run.layout.root}"


def _works(run: Run) -> bool:
    return jobs.busy(_job(run)) or driver_of(run.layout.confirming) is not None


def _confirming(run: Run) -> Run | None:
    """Return the confirmation's own run; None as long as it has none that can be read."""
    layout = run.layout.confirming
    if not layout.plan.is_file():
        return None
    return memory.opened(Shelved(f"{run.name}: confirmation", layout)).run


def _found(run: Run, told: Confirmed) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, value in told.figures.items():
            st.metric(name, plain(value), border=True, width="content")
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in told.sentences))
    for warning in told.warnings:
        st.warning(plain(warning), icon=":material/visibility:")
    _chart(run)
    _candidates(told)


def _chart(run: Run) -> None:
    """Draw the candidates; without the confirmation's own run the trainings cannot be drawn one by one."""
    known, document = _confirming(run), prepared.confirmation(run.layout)
    if document is None:
        return
    columns = prepared.chart_rows(document, [] if known is None else prepared.fresh(known))
    chart(
        candidates_chart(columns, palette()),
        height=height_of(len(columns["rows"]["row"])),
        name="candidates",
        alt="Accuracy of each candidate's new trainings, their mean and its 95 % interval",
    )


def _candidates(told: Confirmed) -> None:
    st.dataframe(
        told.candidates,
        hide_index=True,
        key="candidates",
        placeholder="–",
        column_config={
            "trial": NUMBER("Trial", pinned=True),
            "stands": st.column_config.TextColumn("In the end", width=100),
            "search": NUMBER("Search", format="%.4f", help="Its score in the search: one training"),
            "again": NUMBER("Again", format="%.4f", help="Mean validation accuracy of the new trainings"),
            "sd": NUMBER("± seeds", format="%.4f", help="Standard deviation between seeds"),
            "interval": st.column_config.TextColumn("95 % interval", help="For new seeds and new images"),
            "seeds": NUMBER("Seeds", help="New trainings before the choice that succeeded"),
            "chance": NUMBER("Best with", format="%.0f %%", help="Probability that it is the best of these"),
            "behind": NUMBER("Behind", format="%.4f", help="By how much the winner's accuracy is higher"),
            "behind interval": st.column_config.TextColumn(
                "95 % interval", help="Where it includes 0, these seeds and images do not tell the two apart"
            ),
            "parameters": NUMBER("Parameters", format="localized"),
            "seconds": NUMBER("s/epoch", format="%.2f", help="Of training"),
        },
    )


def _follow(run: Run) -> None:
    """Draw how the trainings stand, again and again; the whole page once they have ended."""

    def draw() -> None:
        if not _works(run):
            st.rerun()
        known = _confirming(run)
        _standing(run, None if known is None else confirming.standing(known))

    st.fragment(draw, run_every=EVERY)()


def _standing(run: Run, stands: Standing | None) -> None:
    known = jobs.job(_job(run))
    stopping = known is not None and known.canceled
    with st.container(horizontal=True, vertical_alignment="center"):
        if stands is None or not stands.columns:
            st.info("The confirmation is being started …", icon=":material/hourglass_top:")
        else:
            of = f" of {stands.planned:,}" if stands.planned else ""
            st.progress(
                stands.share, f"{stands.done:,}{of} trainings done" + (" · stopping …" if stopping else "")
            )
        if not asking.why_not(run) and st.button(
            "Stop", key=f"stop confirming {run.name}", icon=":material/stop:", disabled=stopping
        ):
            _stop(run)
    if stands is not None and stands.columns:
        st.dataframe(
            frame(stands.columns),
            hide_index=True,
            key="standing",
            placeholder="–",
            column_config={
                "trial": NUMBER("Trial", pinned=True),
                "stands": st.column_config.TextColumn("Now"),
                "trained": NUMBER("New trainings"),
                "training": NUMBER("Under way"),
                "again": NUMBER("Accuracy so far", format="%.4f", help="Mean, on the validation images"),
            },
        )
        st.caption(
            "The best trials are trained again with fresh seeds, and the weakest leaves after each round. Then the "
            "winner is trained with seeds that took no part in the choice, and these models see the test images."
        )


def _stop(run: Run) -> None:
    """Stop the trainings: a confirmation of ours by a signal, one that was begun elsewhere by a request."""
    known = jobs.job(_job(run))
    if known is not None and known.running:
        known.cancel()
        st.rerun()
    why = asking.asked(run.layout.confirming, "stop")
    st.toast(plain(why or "It stops after the epochs that are being trained now."))


def _form(found: Open, *, again: bool) -> None:
    run = found.run
    why = asking.why_not(run) or _why_elsewhere(run) or _why_no_candidates(found)
    if why:
        st.caption(plain(why))
        return
    if again:
        box = folded("Confirm with more seeds", key="confirm again", icon=":material/replay:")
        if box is None:
            return
    else:
        box = st.container(border=True)
    with box:
        _begin(run, again=again)
    known = jobs.job(_job(run))
    if known is not None and not known.canceled:
        jobs.show_failure(_job(run), "Confirming")


def _why_elsewhere(run: Run) -> str:
    there = verb_there(run.layout, "confirm")
    return there and f"This is a copy: its winner is confirmed where the run itself is, by {there}"


def _why_no_candidates(found: Open) -> str:
    if found.state == "running":
        return "The search still runs: its winner can be confirmed when it has ended."
    if not confirming.able(found.run):
        return "No trial has completed its epochs yet, so there is none to confirm."
    return ""


def _begin(run: Run, *, again: bool) -> None:
    count = len(confirming.able(run))
    if not again:
        st.markdown(
            "The best of many is the best partly by luck. Train the best trials again with fresh seeds, choose, and "
            "let the winner see the test images, once."
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        top = int(
            st.number_input("Candidates", 1, count, min(confirming.TOP, count), key="confirm:top", width=130)
        )
        seeds = int(
            st.number_input("Seeds for each", 1, MOST_SEEDS, confirming.SEEDS, key="confirm:seeds", width=130)
        )
        budget = st.number_input(
            "Most before the choice",
            1,
            100 * MOST_SEEDS,
            value=None,
            placeholder=f"{top * seeds}",
            key="confirm:budget",
            width=200,
        )
    wanted = Wanted(top, seeds, None if budget is None else int(budget))
    try:
        cost = confirming.cost(run, wanted)
    except ValueError as error:
        st.caption(f":red[{plain(error)}]")
        return
    st.markdown(
        plain(
            f"{cost.before + cost.after:,} trainings: {cost.before:,} for the choice between {cost.candidates}, then "
            f"{cost.after:,} of the winner. About {hours_text(cost.hours)}, one after the other; less where several "
            "train at once, and what was trained before is not trained again."
        )
    )
    asking.warn_of_plugins(run.plan.plugins)
    root = str(run.layout.root)
    if st.button("Confirm the winner", icon=":material/verified:", type="primary"):
        jobs.begin(_job(run), jobs.verb("search.confirm", *wanted.words, "--", root))
    st.caption(
        "It trains on this machine and ends with the dashboard, but loses nothing: it goes on when it is begun again, "
        "here or by:"
    )
    st.code(command("confirm", root, *wanted.words), language="bash", wrap_lines=True)
