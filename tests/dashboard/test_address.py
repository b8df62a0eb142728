"""What the URL says: chosen trials and the filter are read from it, written into it, and kept by links."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st  # noqa: PLC0415 - AppTest runs this function's text alone

    from dashboard import address  # noqa: PLC0415

    st.json(
        {
            "trials": address.trials(range(30)),
            "filter": str(address.filters()),
            "kept": address.carried(run="b"),
        }
    )
    if st.button("change"):
        address.set_trials([4, 2])
        address.set_filters(address.filters().without("score"))


def drawn(**query: str) -> AppTest:
    app = AppTest.from_function(page)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> dict[str, object]:
    import json  # noqa: PLC0415

    found: dict[str, object] = json.loads(app.json[0].value)
    return found


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("3,17", [3, 17]), ("17,3,17", [17, 3]), ("", []), ("x,-1,3.5,²,99", []), ("9" * 5000, []), ("7,", [7])],
)
def test_trials_are_read_in_their_order_and_only_those_that_exist(text: str, numbers: list[int]) -> None:
    assert said(drawn(trials=text))["trials"] == numbers


def test_at_most_twenty_trials_are_chosen() -> None:
    assert len(said(drawn(trials=",".join(map(str, range(30)))))["trials"]) == 20  # type: ignore[arg-type]


def test_a_link_keeps_filter_and_trials_and_what_it_changes() -> None:
    assert said(drawn(run="a", trials="1", filter="score:0.5..", metric="x"))["kept"] == {
        "run": "b",
        "trials": "1",
        "filter": "score:0.5..",
    }


def test_what_is_chosen_stands_in_the_url_and_nothing_where_nothing_is() -> None:
    app = drawn(filter="score:0.5..")
    app.button[0].click().run()
    assert app.query_params["trials"] in ("4,2", ["4,2"])
    assert "filter" not in app.query_params
