"""Page: one trial in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import address, asking, explaining, remarks, steering
from dashboard.charts.scalar_chart import scalar_chart
from dashboard.classified import confusion, contact_sheet
from dashboard.drawing import chart, folded, frame
from dashboard.frame import Open, no_trials_yet, palette, run_page
from dashboard.memory import remember
from dashboard.pages import link
from dashboard.prepare import scalars, trial
from dashboard.prepare.answers import Answers, Sheet, answers, per_class, worst_images
from dashboard.prepare.logs import logs
from dashboard.prepare.words import plain
from search.runs.predictions import PredictionsError
from search.runs.run import Trial

WORST = 24
"""Images of a contact sheet."""

MOST_LINES, LONG = 16, 400
"""Of a configuration that is shown whole, and the pixels of a longer one."""


def draw(found: Open) -> None:
    """Draw the page."""
    if not any(one.record.values for one in found.run.trials):
        no_trials_yet()
        return
    shown = found.run.trial(_choose(found))
    _head(found, shown)
    _curves(found, shown)
    _answers(found, shown)
    _course(found, shown)
    _logs(shown)
    st.markdown("**Notes and tags**")
    remarks.remark_actions(found, shown.number)


def _choose(found: Open) -> int:
    """Return the trial that the URL names first, else the best one; let the visitor go to another."""
    count = len(found.run.trials)
    chosen = address.trials(range(count))
    best = found.run.best()
    number = chosen[0] if chosen else best.number if best else 0
    # The widget's state must follow the URL: a link, or the browser's back button, may name another trial.
    st.session_state["trial number"] = number
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            f"Trial (0 to {count - 1:,})", 0, count - 1, key="trial number", on_change=_go, width=180
        )
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            disabled=number == 0,
            on_click=_show,
            args=(number - 1,),
        )
        st.button(
            "Next",
            icon=":material/chevron_right:",
            disabled=number == count - 1,
            on_click=_show,
            args=(number + 1,),
        )
        if best is not None and best.number != number:
            st.button(f"Best ({best.number})", icon=":material/trophy:", on_click=_show, args=(best.number,))
        link("compare", "Compare", trials=_with_best(chosen, number, best))
    return number


def _with_best(chosen: list[int], number: int, best: Trial | None) -> str:
    """Return the trials to compare: the chosen ones, or this one with the best."""
    numbers = (
        chosen if len(chosen) > 1 else [number, *([best.number] if best and best.number != number else [])]
    )
    return ",".join(map(str, numbers[:5]))


def _go() -> None:
    _show(st.session_state["trial number"])


def _show(number: int) -> None:
    address.set_trials([number])


def _head(found: Open, shown: Trial) -> None:
    run = found.run
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader(f"Trial {shown.number}", anchor=False)
        with st.container(horizontal=True, gap="small"):
            for name, value in trial.facts(run, shown).items():
                st.metric(name, plain(value), border=True, width="content")
        st.markdown(plain(" ".join(trial.said(run, shown))))
        steering.trial_actions(found, shown.number)
        code = trial.script(run, shown)
        box = code and folded("Train it again, in Python", key="train again", icon=":material/code:")
        if box:
            with box:
                st.code(code, language="python")
                st.caption("On the CPU with the same number of threads the curve is the same, bit for bit.")
    with right:
        st.markdown("**Configuration**")
        text = trial.configuration(shown)
        with st.container(height=LONG if text.count("\n") > MOST_LINES else "content"):
            st.text(text or "not known")
        if shown.config is None and not run.foreign:
            st.caption("What was searched; all other settings are known when its first stint has ended.")


def _curves(found: Open, shown: Trial) -> None:
    st.markdown("**Curves**")
    curves = remember(found.run, scalars.scalars, found.run, shown.number)
    if not curves:
        st.info("This trial has not finished an epoch.", icon=":material/hourglass_empty:")
        return
    names = list(curves)[: scalars.MOST]
    _charts(found, shown, curves, names[: scalars.FIRST])
    others = names[scalars.FIRST :]
    box = others and folded(f"{len(others)} more metrics", key="more metrics", icon=":material/show_chart:")
    if box:
        with box:
            _charts(found, shown, curves, others)
    if len(curves) > len(names):
        st.caption(f"{len(curves) - len(names)} more metrics are on the page *Curves*.")


def _charts(found: Open, shown: Trial, curves: scalars.Curves, names: Sequence[str]) -> None:
    epochs = None if found.run.foreign else shown.record.horizon(found.table.horizon)
    color = palette().status["completed"]
    for start in range(0, len(names), 3):
        for name, column in zip(names[start : start + 3], st.columns(3, gap="small"), strict=False):
            with column:
                last = curves[name][max(curves[name])]
                st.caption(f"{plain(name)} · last {last:.4g}")
                options = scalar_chart(curves[name], color=color, epochs=epochs)
                chart(
                    options, height=150, name=f"scalar {name}", alt=f"{name} of trial {shown.number} by epoch"
                )


def _answers(found: Open, shown: Trial) -> None:
    st.markdown("**On the validation images**")
    try:
        said = answers(found.run, shown.number)
    except PredictionsError as error:
        st.info(plain(error), icon=":material/image_not_supported:")
        return
    st.caption(plain(said.text))
    left, right = st.columns(2, gap="medium")
    with left:
        shares = st.toggle("Share of each row", key="shares", bind="query-params")
        confusion(said, shares=shares, name="confusion", trial=shown.number)
    with right:
        _classes(said)
    st.markdown("**Classified worst**")
    st.caption(
        "Wrong answers with the highest loss: the number, the true class with its probability, then what was said."
    )
    worst = worst_images(found.run, said, most=WORST)
    contact_sheet(worst)
    _explain(found, shown, said, worst)


def _explain(found: Open, shown: Trial, said: Answers, worst: Sheet) -> None:
    """Offer to show why the trial says what it says of a validation image."""
    why = asking.why_not(found.run)
    if not why and shown.weights is None:
        why = "What the model looks at can be shown of trials that have kept their weights: this one has not."
    if why:
        st.caption(plain(why))
        return
    key, images = f"explain {found.run.name} {shown.number}", len(said.predictions.labels)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = int(
            st.number_input(
                f"Validation image (0 to {images - 1:,})",
                0,
                images - 1,
                worst.numbers[0] if worst.numbers else 0,
                key=f"{key} image",
                width=210,
            )
        )
        methods = explaining.methods(f"{key} methods")
        pressed = st.button(
            "Explain", icon=":material/center_focus_weak:", type="primary", disabled=not methods
        )
    about = f"{found.run.layout.root}:{shown.number}"
    if pressed:
        options = ["--trial", str(shown.number), "--validation", str(number)]
        explaining.ask(key, about, found.run.layout.root, explain=methods, options=options)
    explaining.answer(key, about)


def _classes(said: Answers) -> None:
    share = st.column_config.ProgressColumn
    st.dataframe(
        per_class(said),
        hide_index=True,
        height=min(460, 38 + 35 * len(said.classes)),
        key="classes",
        placeholder="–",
        column_config={
            "class": st.column_config.TextColumn("Class", pinned=True),
            "images": "Images",
            "recall interval": "Recall interval",
            "precision interval": "Precision interval",
            "recall": share(
                "Recall",
                width=100,
                format="%.3f",
                min_value=0,
                max_value=1,
                help="Of its images, how many were found",
            ),
            "precision": share(
                "Precision",
                width=100,
                format="%.3f",
                min_value=0,
                max_value=1,
                help="Of the images that were given it, how many are its own",
            ),
            "f1": st.column_config.NumberColumn("F1", format="%.3f"),
        },
    )
    st.caption("Intervals: 95 % (Wilson), by the number of images of each class.")


def _course(found: Open, shown: Trial) -> None:
    st.markdown("**Stints: when and where it trained**")
    rows = trial.stints(shown)
    if rows:
        titles = {name: name.capitalize() for name in rows}
        st.dataframe(frame(rows), hide_index=True, key="stints", column_config=titles)
    else:
        st.caption("These logs do not say.")
    decided = trial.decisions(found.run, shown)
    if decided:
        st.markdown("**Decisions at rungs**")
        number = st.column_config.NumberColumn
        signed = number("Ahead by", format="%+.4f", help="Below 0: it missed the cut-off by so much")
        titles = {name: name.capitalize() for name in decided}
        cut = {"value": number("Value", format="%.4f"), "cut-off": number("Cut-off", format="%.4f")}
        config: dict[str, Any] = {**titles, **cut, "ahead by": signed}
        st.dataframe(frame(decided), hide_index=True, key="decisions", column_config=config, placeholder="–")


def _logs(shown: Trial) -> None:
    for log in logs(shown):
        title = f"Log of attempt {log.attempt}" + (", its end" if log.cut else "")
        box = folded(title, key=f"log {log.attempt}", icon=":material/article:")
        if box is not None:
            with box:
                st.code(log.text or "empty", language=None, height=300)


run_page(draw, filtered=False)
