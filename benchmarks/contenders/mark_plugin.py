"""A plugin of Winnow's that marks the steps: so `benchmarks.overhead` watches the real thing, unchanged."""

from __future__ import annotations

from benchmarks.contenders.marks import mark_steps

mark_steps()
