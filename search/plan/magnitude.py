"""Large numbers as people read them: `11.2 M`, `1.2 to 3.4 GB`."""

from __future__ import annotations

LETTERS = ("", "k", "M", "G", "T")
"""Of powers of 1000. Source: the SI prefixes."""


def span(ends: tuple[float, float], unit: str = "") -> str:
    """Return a range of large numbers in words: `1.2 M to 3.4 M`, or one number where both read the same.

    Args:
        ends: the least and the most.
        unit: of both; empty: they are counts.
    """
    low, high = (short(end, unit) for end in ends)
    return low if low == high else f"{low} to {high}"


def short(number: float, unit: str = "") -> str:
    """Return a large number with three digits and its unit: `11.2 M`; 1000 T and more with all of theirs."""
    for letter in LETTERS:
        rounded = float(f"{number:.3g}")
        if abs(rounded) < 1000 or letter == LETTERS[-1]:
            break
        number /= 1000
    digits = f"{number:.3g}" if abs(rounded) < 1000 else f"{rounded:,.0f}"
    return f"{digits} {letter}{unit}".strip()
