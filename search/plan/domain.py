"""What values a parameter can take: a range of numbers, a choice, one fixed value.

Domains check themselves when made; an error states the law, then the value (as Optuna's distributions do).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeGuard

import numpy as np

from search.plan.mistake import shown, word
from search.plan.trial_config import Value

LARGEST = 2**53
"""Whole numbers up to here are exact as floats; Optuna stores every number as a float."""


class DomainError(ValueError):
    """A domain that contradicts itself; ``law`` is what must hold, ``got`` what was given."""

    def __init__(self, law: str, got: str) -> None:
        self.law, self.got = law, got
        super().__init__(f"{law}, but got {got}")

    def __reduce__(self) -> tuple[type[DomainError], tuple[str, str]]:
        """Travel between processes whole: an exception is otherwise made again from its message alone."""
        return type(self), (self.law, self.got)


@dataclass(frozen=True)
class Float:
    """Real numbers from ``low`` to ``high``, both included; with ``step`` only low, low + step, …

    ``log`` draws uniformly on the logarithm.

    Raises:
        DomainError: the bounds contradict each other; the message states the law, then the values.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high") if self.step is None else ("low", "high", "step"):
            number = getattr(self, name)
            _law(_is_number(number), f"`{name}` must be a number", {name: number})
            _law(abs(number) <= _FINITE, f"`{name}` must be finite", {name: number})
            object.__setattr__(self, name, float(number))
        _check_range(self)

    def contains(self, value: Value) -> bool:
        """Tell whether the value can be taken; within a step's millionth, as sums of steps are rounded."""
        slack = self.step or 0.0
        if not _is_number(value) or not self.low - slack <= value <= self.high + slack:
            return False
        if self.step is None:
            return True
        steps = (value - self.low) / self.step
        return 0 <= round(steps) <= _steps(self) and abs(steps - round(steps)) < 1e-6

    def sample(self, rng: np.random.Generator) -> float:
        """Draw a value, each equally likely (on the logarithm with ``log``)."""
        if self.step is not None:
            return self._nth(int(rng.integers(_steps(self) + 1)))
        share = rng.random()
        if self.log:
            drawn = math.exp((1 - share) * math.log(self.low) + share * math.log(self.high))
        else:
            drawn = (1 - share) * self.low + share * self.high  # high - low may overflow
        return min(max(drawn, self.low), self.high)

    def size(self) -> int | float:
        """Return the number of distinct values; infinite for a continuous range."""
        if self.low == self.high:
            return 1
        return math.inf if self.step is None else _steps(self) + 1

    def values(self) -> Iterator[float]:
        """Return the distinct values, ascending.

        Raises:
            ValueError: the range is continuous.
        """
        if self.size() == math.inf:
            raise ValueError(f"a finite domain is expected, but got {self.text()}")
        return (self._nth(n) for n in range(_steps(self) + 1))

    def nearest(self, value: float) -> float:
        """Return the value of this domain that is nearest: sums of steps are rounded."""
        inside = min(max(value, self.low), self.high)
        return inside if self.step is None else self._nth(round((inside - self.low) / self.step))

    def text(self) -> str:
        """Return the domain in words."""
        step = "" if self.step is None else f" in steps of {shown(self.step)}"
        return f"a number from {shown(self.low)} to {shown(self.high)}{step}"

    def _nth(self, n: int) -> float:
        # Decimal fractions: the third step of 0.1 from 0 is 0.3, not 0.30000000000000004.
        return self.low if self.step is None else float(_exact(self.low) + n * _exact(self.step))


@dataclass(frozen=True)
class Int:
    """Whole numbers from ``low`` to ``high``, both included; with ``step`` only low, low + step, …

    ``log`` draws uniformly on the logarithm.

    Raises:
        DomainError: the bounds contradict each other; the message states the law, then the values.
    """

    low: int
    high: int
    log: bool = False
    step: int | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high") if self.step is None else ("low", "high", "step"):
            number = getattr(self, name)
            _law(is_whole(number), f"`{name}` must be a whole number", {name: number})
            _law(abs(number) <= LARGEST, f"`-2**53 <= {name} <= 2**53` must hold", {name: number})
        _check_range(self)

    def contains(self, value: Value) -> bool:
        """Tell whether the value can be taken."""
        return is_whole(value) and value in self._range()

    def sample(self, rng: np.random.Generator) -> int:
        """Draw a value, each equally likely (on the logarithm with ``log``)."""
        if not self.log:
            return self._range()[int(rng.integers(len(self._range())))]
        # Half a unit wider on both sides, so that the ends get their whole share (Optuna does the same).
        drawn = math.exp(rng.uniform(math.log(self.low - 0.5), math.log(self.high + 0.5)))
        return min(max(round(drawn), self.low), self.high)

    def size(self) -> int:
        """Return the number of distinct values."""
        return len(self._range())

    def values(self) -> Iterator[int]:
        """Return the distinct values, ascending."""
        return iter(self._range())

    def text(self) -> str:
        """Return the domain in words."""
        step = "" if self.step is None else f" in steps of {self.step}"
        return f"a whole number from {self.low} to {self.high}{step}"

    def _range(self) -> range:
        return range(self.low, self.high + 1, self.step or 1)


@dataclass(frozen=True)
class Choice:
    """One of several values, without an order.

    Raises:
        DomainError: there is none, one stands twice, or one is not a plain finite value.
    """

    options: tuple[Value, ...]

    def __init__(self, options: Iterable[Value]) -> None:
        options = tuple(options)
        object.__setattr__(self, "options", options)
        _law(len(options) > 0, "a choice must have at least one value", {"choice": "[]"})
        for index, value in enumerate(options):
            _law(
                is_value(value),
                "a choice must be text, a finite number, true, false or null",
                {"choice": value},
            )
            if among(value, options[:index]):
                raise DomainError("each choice must stand once", f"{shown(value)} twice")

    def contains(self, value: Value) -> bool:
        """Tell whether the value is one of the choices; `1` is not `true`."""
        return among(value, self.options)

    def sample(self, rng: np.random.Generator) -> Value:
        """Draw a value, each equally likely."""
        return self.options[int(rng.integers(len(self.options)))]

    def size(self) -> int:
        """Return the number of choices."""
        return len(self.options)

    def values(self) -> Iterator[Value]:
        """Return the choices in their order."""
        return iter(self.options)

    def text(self) -> str:
        """Return the domain in words."""
        return "one of " + ", ".join(word(value) for value in self.options)


@dataclass(frozen=True)
class Fixed:
    """One value, not searched.

    Raises:
        DomainError: the value is not a plain finite one.
    """

    value: Value

    def __post_init__(self) -> None:
        law = "a fixed value must be text, a finite number, true, false or null"
        _law(is_value(self.value), law, {"value": self.value})

    def contains(self, value: Value) -> bool:
        """Tell whether the value is the fixed one."""
        return same(value, self.value)

    def sample(self, rng: np.random.Generator) -> Value:
        """Return the value; nothing is drawn."""
        del rng
        return self.value

    def size(self) -> int:
        """Return 1."""
        return 1

    def values(self) -> Iterator[Value]:
        """Return the one value."""
        return iter((self.value,))

    def text(self) -> str:
        """Return the domain in words."""
        return f"the fixed value {word(self.value)}"


Domain = Float | Int | Choice | Fixed

_FINITE = float(np.finfo(np.float64).max)


def same(left: object, right: object) -> bool:
    """Tell whether two values are the same: `1` and `1.0` are, `1` and `true` are not."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def among(value: object, values: Iterable[object]) -> bool:
    """Tell whether a value is the same as one of several."""
    return any(same(value, other) for other in values)


def is_value(value: object) -> bool:
    """Tell whether this is a plain value: text, a finite number, a boolean or None."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) <= LARGEST
    return value is None or isinstance(value, bool | str)


def _law(holds: bool, law: str, got: dict[str, object]) -> None:
    if not holds:
        raise DomainError(law, ", ".join(f"{name}={word(value)}" for name, value in got.items()))


def _check_range(domain: Float | Int) -> None:
    low, high, step = domain.low, domain.high, domain.step
    _law(low <= high, "`low <= high` must hold", {"low": low, "high": high})
    _law(
        not (domain.log and step is not None),
        "only one of `log` and `step` must stand",
        {"log": True, "step": step},
    )
    _law(not domain.log or low > 0, "`low > 0` must hold in a log range", {"low": low})
    if step is not None:
        _law(step > 0, "`step > 0` must hold", {"step": step})
        fits = low == high or _steps(domain) >= 1
        _law(fits, "`step <= high - low` must hold", {"step": step, "low": low, "high": high})
        _law(_steps(domain) <= LARGEST, "`(high - low) / step <= 2**53` must hold", {"step": step})


def _steps(domain: Float | Int) -> int:
    """Return how many steps fit between low and high, exactly, in decimal fractions."""
    if domain.step is None:
        return 0
    return (_exact(domain.high) - _exact(domain.low)) // _exact(domain.step)


def _exact(number: float) -> Fraction:
    return Fraction(Decimal(repr(number)))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether a value is a whole number; true and false are none, though Python takes them for 1 and 0."""
    return isinstance(value, int) and not isinstance(value, bool)
