"""Scalars of YAML 1.2, read and written: the core schema, YAML 1.2.2 section 10.3.2."""

from __future__ import annotations

import json
import re

from search.plan.trial_config import Value

_CONSTANTS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}
_WHOLE = (
    (re.compile(r"[-+]?[0-9]+"), 10),
    (re.compile(r"0o[0-7]+"), 8),
    (re.compile(r"0x[0-9a-fA-F]+"), 16),
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./+-]*")


def read_scalar(text: str) -> Value:
    """Return what an unquoted scalar means.

    Raises:
        ValueError: a whole number has more than 400 digits; no float holds it.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    for form, base in _WHOLE:
        if form.fullmatch(text):
            if len(text) > 400:
                raise ValueError(f"a whole number of at most 400 digits is expected, but got {len(text)}")
            return int(text, base)
    return float(text) if _FLOAT.fullmatch(text) else text


def write_scalar(value: Value) -> str:
    """Return YAML that reads as an equal value of equal type."""
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and isinstance(read_scalar(value), str)
        return value if plain else '"' + "".join(map(_escaped, value)) + '"'
    return json.dumps(value)


def _escaped(character: str) -> str:
    """JSON's escapes, but one for a character beyond 16 bits: YAML knows no surrogate pairs."""
    return f"\\U{ord(character):08x}" if ord(character) > 0xFFFF else json.dumps(character)[1:-1]
