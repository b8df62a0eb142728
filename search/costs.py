"""What a search has cost and what more of it would bring, in words, in a table, and for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:  # Optuna is behind them: half a second that --help should not take
    from search.runs.account import Account
    from search.runs.audit import Audit
    from search.runs.forecast import Forecast, Prospect
    from search.runs.ledger import Cost, Ledger
    from search.runs.spending import Spent

HOUR = 3600.0


def hours_text(hours: float) -> str:
    """Return hours as a person reads them, two digits or more: `34 s`, `12 min`, `3.4 h`, `120 h`."""
    if hours < 1 / 60:
        return f"{hours * 3600:.0f} s"
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 100 else f"{hours:,.0f} h"


def ago(seconds: float) -> str:
    """Return a time that has passed in words, such as `2 min ago`.

    Args:
        seconds: that have passed; less than 0 on a clock that is behind.
    """
    return f"{hours_text(max(seconds, 0.0) / HOUR)} ago"


def ledger_table(ledger: Ledger) -> Table:
    """Return the ledger as a table of at most 80 columns: rungs, then architectures where there are several."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in ("trials", "epochs", "share", ledger.unit, "saved", "time saved"):
        table.add_column(heading, justify="right", header_style="dim", no_wrap=True)
    costs = [(f"epochs {cost.name}", cost) for cost in ledger.rungs]
    if len(ledger.architectures) > 1:
        costs += [(cost.name, cost) for cost in ledger.architectures]
    for label, cost in [*costs, (ledger.total.name, ledger.total)]:
        table.add_row(Text(label), *_cells(cost, ledger.total.epochs))
    return table


def _cells(cost: Cost, of: int) -> tuple[str, ...]:
    share = f"{cost.epochs / of:.0%}" if of else "–"
    saved = f"{cost.epochs_saved:,}", hours_text(cost.hours_saved)
    return f"{cost.trials:,}", f"{cost.epochs:,}", share, hours_text(cost.hours), *saved


def rungs_text(ledger: Ledger) -> str:
    """Return in a line where the epochs went: `1–3: 41%  4–9: 27%  10–27: 32%`."""
    total = ledger.total.epochs
    return "  ".join(f"{cost.name}: {cost.epochs / total:.0%}" for cost in ledger.rungs) if total else ""


def forecast_text(forecast: Forecast) -> str:
    """Return a forecast and its advice in two sentences."""
    ahead, resolvable = forecast.ahead, forecast.resolvable
    if ahead is None or resolvable is None:
        return f"Too few completed trials ({forecast.completed}) to say what more time would bring."
    return f"{_what_lies(forecast, ahead)} is expected to improve the best by {_gain(ahead)}. {_advice(forecast)}."


def forecast_line(forecast: Forecast) -> str:
    """Return a forecast in at most 70 columns, for the live display; empty where it is too early."""
    ahead = forecast.ahead
    if ahead is None:
        return ""
    time = hours_text(ahead.seconds / HOUR)
    return (
        f"better by {_gain(ahead)} in {f'the {time} left' if ahead is forecast.rest else f'another {time}'}"
    )


def advice_line(forecast: Forecast) -> str:
    """Return the advice to stop in at most 70 columns; empty where there is none."""
    if forecast.advice != "stop" or forecast.resolvable is None:
        return ""
    return f"unlikely to show: {_error(forecast)} is {forecast.resolvable:.4f}"


def audit_text(audit: Audit | None) -> str:
    """Return how often early stopping was wrong, in at most 80 columns; empty where nobody was let live."""
    if audit is None:
        return ""
    if not audit.finished:
        return f"{audit.let_live} condemned trials were let live, none has finished"
    rate = f"95 %: {audit.low:.2f} to {audit.high:.2f}"
    return f"of {audit.finished} condemned trials let live, {audit.false_stops} would have won ({rate})"


def spent_text(spent: Spent | None) -> str:
    """Return what was spent of each budget that the plan has: `3.2 of 10 GPU-hours, 2.40 of 25 in money`.

    Money is told where any node has a price, GPU-hours where a GPU was used, also without a limit; empty where there is
    nothing to tell.
    """
    if spent is None:
        return ""
    told = {
        "epochs": (f"{spent.epochs:,}", "epochs", False),
        "gpu_hours": (f"{spent.gpu_hours:.3g}", "GPU-hours", spent.gpu_hours > 0),
        "cost": (f"{spent.cost:,.2f}", "in money", spent.cost > 0),
    }
    parts = []
    for name, (used, unit, always) in told.items():
        limit = spent.limits.get(name)
        if limit is not None:
            parts.append(f"{used} of {limit:,.10g} {unit}")
        elif always:
            parts.append(f"{used} {unit}")
    priced = "cost" in spent.limits or spent.cost > 0
    missing = f" (no price for {', '.join(spent.unpriced)})" if spent.unpriced and priced else ""
    return ", ".join(parts) + missing


def account_document(account: Account) -> dict[str, Any]:
    """Return all of it for machines."""
    advice = account.forecast.advice
    document = asdict(account)
    return {**document, "forecast": {**document["forecast"], "advice": advice}}


def _gain(prospect: Prospect) -> str:
    expected, low, high = (f"{x:.4f}" if x else "0" for x in (prospect.expected, prospect.low, prospect.high))
    return f"{expected} (90 %: {low} to {high})"


def _what_lies(forecast: Forecast, ahead: Prospect) -> str:
    """Return what lies ahead, as the beginning of a sentence."""
    if ahead is forecast.rest:
        return f"The rest of the budget (about {hours_text(ahead.seconds / HOUR)})"
    if ahead.seconds < HOUR:
        return f"As much time again ({hours_text(ahead.seconds / HOUR)})"
    return "The next hour"


def _advice(forecast: Forecast) -> str:
    if forecast.advice == "stop":
        return f"{_error(forecast).capitalize()} is {forecast.resolvable:.4f}: more time is unlikely to show"
    return f"That may be more than {_error(forecast)}, {forecast.resolvable:.4f}: going on can pay"


def _error(forecast: Forecast) -> str:
    if forecast.images is None:
        return "1 % of the score"
    return f"one standard error on {forecast.images:,} images"
