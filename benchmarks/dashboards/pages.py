"""Which pages are opened, and how it is known that what a page is for is there."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.pages import RUN_PAGES

STREAMLIT = (
    'document.querySelector(\'[data-testid="stApp"][data-test-script-state="notRunning"]\')'
    " && !document.querySelector('[data-testid=\"stSkeleton\"]')"
    " && document.querySelector('[data-testid=\"stMain\"]').innerText.length > 60"
)
"""The script has ended, no element is a placeholder, and there is text beside the title."""


@dataclass(frozen=True)
class Opened:
    """A page: its name, its path with query, and a JavaScript expression that is true once it shows something."""

    name: str
    path: str
    ready: str


def ours(run: str) -> list[Opened]:
    """Return all pages of our dashboard."""
    paths = {name: f"/{name}?run={run}" for name in RUN_PAGES} | {
        "compare": f"/compare?run={run}&trials=1,2,3"
    }
    return [
        Opened("runs", "/", STREAMLIT),
        *(Opened(name, path, STREAMLIT) for name, path in paths.items()),
        Opened("new search", "/new", STREAMLIT),
    ]


_PLOT = (
    "document.querySelector('.js-plotly-plot .points path, .js-plotly-plot path.js-line,"
    " .js-plotly-plot canvas.gl-canvas') != null"
)
"""A plot with something in it: an empty one is drawn first."""

OPTUNA = [
    Opened("history", "/dashboard/studies/0", _PLOT),
    Opened("analytics", "/dashboard/studies/0/analytics", _PLOT),
    Opened("trial list", "/dashboard/studies/0/trials", "document.body.innerText.includes('Trial 1')"),
    Opened(
        "trial table", "/dashboard/studies/0/trialTable", "document.querySelectorAll('tbody tr').length > 5"
    ),
]
"""Pages of optuna-dashboard, by the paths of its router."""

_IN_FRAME = "[...document.querySelectorAll('*')].some((e) => e.tagName.toLowerCase().includes('hparams'))"
TENSORBOARD = [
    Opened("time series", "/#timeseries", "document.querySelectorAll('line-chart, card-view').length > 0"),
    Opened("HParams", "/#hparams", _IN_FRAME),
]
"""Pages of TensorBoard."""
