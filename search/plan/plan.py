"""The public face of this package: the plan, how it is loaded, what can be wrong with it."""

from search.plan.load import load_plan, located, plan_plugins
from search.plan.mistake import Mistake, PlanError
from search.plan.model import Plan
from search.plan.shipped import find_space, shipped_spaces

__all__ = [
    "Mistake",
    "Plan",
    "PlanError",
    "find_space",
    "load_plan",
    "located",
    "plan_plugins",
    "shipped_spaces",
]
