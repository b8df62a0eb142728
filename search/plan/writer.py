"""Plans as YAML: plain data in flow style, and the space section as a person would write it."""

from __future__ import annotations

from collections.abc import Mapping

from search.plan.domain import Choice, Domain, Fixed, Float, Int
from search.plan.parameter import Parameter
from search.plan.scalars import write_scalar
from search.plan.space import Space

Plain = object
"""Values, and lists and mappings of them."""


def write_flow(data: Plain) -> str:
    """Return data on one line: `{low: 0.0, high: 0.5}`."""
    if isinstance(data, Mapping):
        return (
            "{" + ", ".join(f"{write_scalar(key)}: {write_flow(inner)}" for key, inner in data.items()) + "}"
        )
    if isinstance(data, list | tuple):
        return "[" + ", ".join(map(write_flow, data)) + "]"
    return write_scalar(data)  # type: ignore[arg-type]  # what is left is a value


def write_sections(sections: Mapping[str, Plain]) -> str:
    """Return a document: a line for each section, and for each entry of `space` and `start`."""
    lines = []
    for key, section in sections.items():
        if key == "space" and isinstance(section, Mapping):
            lines += [
                "space:",
                *(f"  {write_scalar(name)}: {write_flow(inner)}" for name, inner in section.items()),
            ]
        elif key == "start" and isinstance(section, list) and section:
            lines += ["start:", *(f"  - {write_flow(point)}" for point in section)]
        else:
            lines.append(f"{key}: {write_flow(section)}")
    return "\n".join(lines) + "\n"


def plain_space(space: Space) -> dict[str, Plain]:
    """Return a space as plain data, from which the reader makes an equal one; names stay dotted."""
    return {parameter.name: _plain_parameter(parameter) for parameter in space.parameters}


def _plain_parameter(parameter: Parameter) -> Plain:
    domain = parameter.domain
    if not parameter.when:
        return _plain_domain(domain)
    when = {parent: list(values) for parent, values in parameter.when.items()}
    if isinstance(domain, Choice):
        return {"choice": list(domain.options), "when": when}
    if isinstance(domain, Fixed):
        return {"value": domain.value, "when": when}
    return {**_plain_range(domain), "when": when}


def _plain_domain(domain: Domain) -> Plain:
    if isinstance(domain, Choice):
        return list(domain.options)
    return domain.value if isinstance(domain, Fixed) else _plain_range(domain)


def _plain_range(domain: Float | Int) -> dict[str, Plain]:
    log = {"log": True} if domain.log else {}
    step = {} if domain.step is None else {"step": domain.step}
    return {"low": domain.low, "high": domain.high, **log, **step}
