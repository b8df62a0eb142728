"""Ray Tune's view of a worker: a class Trainable that stays warm from trial to trial.

A class, not a function: `step` is one epoch and `reset_config` takes the next trial in the same process, without
a thread that must be waited for (a function trainable that needs more than 2 s to end fails the *next* trial).
"""

from __future__ import annotations

import functools
import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray import tune

from search.tuning import gpu_memory
from search.tuning.assignment import Assignment
from search.tuning.by_courier import supplies_of, transport_of
from search.tuning.crew import Crew
from search.tuning.leaving import Notice
from search.tuning.owned_folder import owned_folder, sweep
from search.tuning.stint import StintRunner
from search.tuning.warm_up import warm_up
from search.tuning.watchdog import Watchdog

NODE_TYPE = "RAY_NODE_TYPE_NAME"
"""The variable in which Ray's autoscaler tells a node its name in cluster.yaml."""


@functools.cache
def notice() -> Notice:
    """Return what this machine is told of its end; asked for from the first call on."""
    return Notice()


class WarmWorker(tune.Trainable):  # type: ignore[misc]
    """Runs one stint after another; torch, the data and the device stay loaded.

    Its configuration is ``{"assignment": Assignment.to_json(), "threads": int, "need": fields of a Need}``.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self._own = ExitStack()
        self._scratch: Path | None = None
        self._crew: Crew | None = None
        super().__init__(*arguments, **settings)  # calls setup

    def setup(self, config: dict[str, Any]) -> None:
        """Take an assignment."""
        assignment = Assignment.from_json(config["assignment"])
        if assignment.processes == 1:  # of several, each sees to it by itself
            warm_up(threads=config["threads"])
        notice()
        self._gpus = assignment.gpus
        gpu_memory.begin(share=assignment.gpus, limit=assignment.gpu_memory)
        self._stint = StintRunner(
            assignment,
            transport=transport_of(Path(assignment.run), assignment.courier, self._scratch_folder),
            supplies=supplies_of(assignment.courier, self._scratch_folder),
            leaving=lambda: notice().reason,
            crew=self._crew_of(assignment.processes, threads=config["threads"]),
        )
        self._watchdog = Watchdog(
            self._stint.log, seconds=assignment.patience, times=assignment.patience_times
        )

    def step(self) -> dict[str, Any]:
        """Train one epoch, or as much of it as there is time for."""
        with self._watchdog.watching():
            said = self._stint.step()
        if not said.partly:
            self._watchdog.learn()
        took = gpu_memory.taken(alone=self._gpus >= 1)
        where = {"node": ray.get_runtime_context().get_node_id(), "node_type": os.environ.get(NODE_TYPE, "")}
        told = replace(said, **where, gpu_memory=took.peak, gpu_total=took.total, leaving=notice().reason)
        return {"report": told.to_json()}

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Leave the last trial and take the next one."""
        self._stint.close()
        self.setup(new_config)
        return True

    def cleanup(self) -> None:
        """Leave the last trial, and nothing on this node."""
        self._stint.close()
        self._dismiss()
        self._own.close()

    def _crew_of(self, processes: int, *, threads: int) -> Crew | None:
        """Return the processes that train the trial together, the last one's if they fit; None: it is this one."""
        if self._crew is None or (self._crew.size, self._crew.threads) != (processes, threads):
            self._dismiss()
            self._crew = Crew(processes, threads=threads) if processes > 1 else None
        return self._crew

    def _dismiss(self) -> None:
        if self._crew is not None:
            self._crew.close()
            self._crew = None

    def _scratch_folder(self) -> Path:
        """Return a folder of this process's own; those of processes that were killed are removed first."""
        if self._scratch is None:
            sweep()
            self._scratch = self._own.enter_context(owned_folder())
        return self._scratch
