"""Draws that a rebuilt search repeats: each is a pure function of the run's seed and of what it decides."""

from __future__ import annotations

from hashlib import blake2b


def chance(seed: int, *labels: object) -> float:
    """Return a number in [0, 1), uniform over seeds and over labels.

    Args:
        seed: of the run.
        labels: what is drawn, and for whom: ``"bracket", 17``.
    """
    text = ":".join(map(str, (seed, *labels)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64
