"""Applies what others ask of a search while it runs, each request once, and answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs import requests
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.runs.requests import BadRequest, Request
from search.tuning.policy import Policy


class Steering:
    """The requests of one run.

    Args:
        space: in which configurations may be asked for.
        policy: applies them, and records each with all that it does.
        layout: of the run.
        lease: of the driver: what was asked of one before it no longer holds.
    """

    def __init__(self, space: Space, policy: Policy, layout: RunLayout, lease: Lease) -> None:
        self._space, self._policy, self._layout, self._lease = space, policy, layout, lease

    def apply_all(self) -> None:
        """Apply what waits, oldest first, and answer each; what was applied before a crash is not again."""
        for path in requests.pending(self._layout):
            try:
                request = requests.read(path)
                done = self._policy.applied(request.id)
                message = "applied already" if done else self._apply(request, stale=self._lease.older(path))
                requests.answer(self._layout, path, applied=True, message=message)
            except BadRequest as error:
                requests.answer(self._layout, path, applied=False, message=str(error))

    def _apply(self, request: Request, *, stale: bool) -> str:
        arguments = request.arguments
        if request.kind == "stop":
            if stale:
                raise BadRequest("it was asked of a driver that is gone; the search that runs now goes on")
            self._policy.request_stop(request.id, f"stopped: {request.by} asked for it")
            return "the search stops after the epochs in flight"
        if request.kind == "extend":
            try:
                self._policy.extend(request.id, arguments.get("trials"))  # type: ignore[arg-type]
            except ValueError as error:
                raise BadRequest(str(error)) from error
            return f"the search may have {self._policy.budget.trials} trials"
        if request.kind == "enqueue":
            self._policy.enqueue(request.id, self._point(arguments.get("point")))
            return "the configuration is tried next"
        number = self._number(arguments)
        if request.kind == "stop_trial":
            self._policy.stop_trial(request.id, number, f"stopped by {request.by}")
            return f"trial {number} stops"
        text = requests.remark(arguments)
        if request.kind == "tag":
            remove = arguments.get("remove") is True
            self._policy.tag(request.id, number, text, remove=remove)
            return f"trial {number} {'lost' if remove else 'has'} the tag {text}"
        self._policy.note(request.id, number, f"{request.by}: {text}")
        return f"noted at trial {number}"

    def _point(self, point: Any) -> dict[str, Value]:
        if not isinstance(point, dict):
            raise BadRequest(f"`point` is a mapping of parameters, but got {point!r}")
        mistakes = self._space.check(point, partial=True)
        if mistakes:
            raise BadRequest("; ".join(mistakes))
        return point

    def _number(self, arguments: Mapping[str, Any]) -> int:
        number = arguments.get("trial")
        known = len(self._policy.records)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < known:
            raise BadRequest(f"`trial` is a number from 0 to {known - 1}, but got {number!r}")
        return number
