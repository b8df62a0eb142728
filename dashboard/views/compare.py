"""Page: two to five trials side by side."""

from __future__ import annotations

import streamlit as st

from dashboard import address
from dashboard.charts.scalar_chart import overlay_chart
from dashboard.classified import confusion, contact_sheet
from dashboard.drawing import chart
from dashboard.frame import Open, no_trials_yet, palette, run_page
from dashboard.memory import remember
from dashboard.pages import link
from dashboard.prepare import compare, trial
from dashboard.prepare.answers import Answers, answers, differing_images
from dashboard.prepare.scalars import scalars
from dashboard.prepare.words import plain
from search.runs.pairing import NotPaired, pair
from search.runs.predictions import PredictionsError
from search.runs.run import Trial

MOST_OFFERED = 1000
"""Trials that can be chosen from the list, best first; the URL takes any."""

MOST_IMAGES = 12
"""That one trial gets right and the other one wrong."""


def draw(found: Open) -> None:
    """Draw the page."""
    if not any(one.record.values for one in found.run.trials):
        no_trials_yet()
        return
    numbers = _choose(found)
    if len(numbers) < 2:
        st.info("Choose at least two trials to compare.", icon=":material/compare_arrows:")
        return
    trials = [found.run.trial(number) for number in numbers]
    with st.container(horizontal=True, gap="small"):
        for number in numbers:
            link("trial", f"Trial {number}", trials=str(number))
    _figures(found, trials)
    _curves(found, trials)
    _configurations(trials)
    _classified(found, trials)


def _choose(found: Open) -> list[int]:
    """Return the trials of the URL, else the two best ones; let the visitor choose others."""
    run = found.run
    asked = address.trials(range(len(run.trials)))[: compare.MOST]
    best = [one.number for one in run.ranking()[:MOST_OFFERED]]
    chosen = asked or best[:2]
    st.session_state["compared"] = chosen
    offered = list(dict.fromkeys([*chosen, *best, *range(min(len(run.trials), MOST_OFFERED))]))
    st.multiselect(
        f"Trials to compare, at most {compare.MOST}",
        offered,
        format_func=lambda number: trial.label(run, run.trial(number)),
        max_selections=compare.MOST,
        key="compared",
        on_change=lambda: address.set_trials(st.session_state["compared"]),
    )
    return chosen


def _figures(found: Open, trials: list[Trial]) -> None:
    number = st.column_config.NumberColumn
    table = compare.figures(found.run, trials)
    st.dataframe(
        table,
        hide_index=True,
        key="figures",
        placeholder="–",
        column_config={
            "trial": number("Trial", pinned=True),
            **{
                name: number(name.capitalize(), format="%.4f")
                for name in table.columns
                if name == "score" or name.startswith("at epoch")
            },
            "interval": st.column_config.TextColumn(
                "95 % interval", help="Wilson, on the validation images; one seed"
            ),
            "seconds an epoch": number("Seconds an epoch", format="%.2f"),
            **{name: name.capitalize() for name in ("status", "epochs", "training")},
        },
    )
    if len({one.epochs for one in trials}) > 1:
        st.caption(
            "They trained unequally long: compare them at the epoch that all have reached, not by their scores. "
            "A stopped trial is behind every completed one."
        )


def _curves(found: Open, trials: list[Trial]) -> None:
    curves = {one.number: remember(found.run, scalars, found.run, one.number) for one in trials}
    names = list(dict.fromkeys(name for known in curves.values() for name in known))
    metric = st.selectbox("Metric", names, key="metric", bind="query-params", width=260)
    options = overlay_chart(
        {number: known.get(metric, {}) for number, known in curves.items()},
        metric=metric,
        common=compare.common_epoch(trials) if len({one.epochs for one in trials}) > 1 else None,
        epochs=None if found.run.foreign else found.table.horizon,
        palette=palette(),
    )
    chart(
        options, height=340, name="overlay", alt=f"{metric} by epoch of trials {', '.join(map(str, curves))}"
    )


def _configurations(trials: list[Trial]) -> None:
    st.markdown("**Configuration**")
    everything = st.toggle("All settings", key="all", bind="query-params")
    table = compare.configurations(trials, differing=not everything)
    if table.empty:
        st.caption("All settings are the same.")
    else:
        st.dataframe(
            table,
            hide_index=True,
            key="settings",
            column_config={
                "setting": st.column_config.TextColumn("Setting", pinned=True),
                **{f"trial {one.number}": f"Trial {one.number}" for one in trials},
            },
        )


def _classified(found: Open, trials: list[Trial]) -> None:
    st.markdown("**On the validation images**")
    said: dict[int, Answers] = {}
    for one in trials:
        try:
            said[one.number] = answers(found.run, one.number)
        except PredictionsError as error:
            st.info(plain(error), icon=":material/image_not_supported:")
    if not said:
        return
    shares = st.toggle("Share of each row", key="shares", bind="query-params")
    for column, (number, known) in zip(st.columns(min(len(said), 3)) * 2, said.items(), strict=False):
        with column:
            st.markdown(f"Trial {number}")
            st.caption(plain(known.text))
            confusion(known, shares=shares, name=f"confusion {number}", trial=number)
    if len(said) > 1:
        _pair(found, said)


def _pair(found: Open, said: dict[int, Answers]) -> None:
    """Draw the images on which two of the trials differ."""
    st.markdown("**Two of them, image by image**")
    numbers = list(said)
    with st.container(horizontal=True, gap="small"):
        first = st.selectbox("One trial", numbers, index=0, key="first", bind="query-params", width=140)
        second = st.selectbox("Another trial", numbers, index=1, key="second", bind="query-params", width=140)
    if first == second:
        st.info("Choose two different trials.", icon=":material/compare_arrows:")
        return
    try:
        paired = pair(said[first].predictions, said[second].predictions)
    except NotPaired as error:
        st.info(plain(error), icon=":material/image_not_supported:")
        return
    st.markdown(plain(compare.verdict(first, second, paired)))
    for right, wrong, rows in ((first, second, paired.only_first), (second, first, paired.only_second)):
        count = f"{len(rows):,} image{'s' * (len(rows) != 1)}"
        st.caption(f"Trial {right} gets these right, trial {wrong} does not: {count}")
        contact_sheet(differing_images(found.run, said[right], said[wrong], rows, most=MOST_IMAGES))


run_page(draw, filtered=False)
