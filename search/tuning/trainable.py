"""Ray Tune's view of a worker: a class Trainable that stays warm from trial to trial.

A class, not a function: `step` is one epoch and `reset_config` takes the next trial in the same process, without
a thread that must be waited for (a function trainable that needs more than 2 s to end fails the *next* trial).
"""

from __future__ import annotations

from typing import Any

from ray import tune

from search.tuning.stint import Assignment, StintRunner


class WarmWorker(tune.Trainable):  # type: ignore[misc]
    """Runs one stint after another; torch, the data and the device stay loaded.

    Its configuration is ``{"assignment": Assignment.to_json(), "threads": int}``.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Take an assignment."""
        # The first optimizer of a process imports this, for 3.7 CPU s: now, before the first trial's clock runs.
        import torch._dynamo  # noqa: PLC0415 - the driver must not pay for it

        torch.set_num_threads(config["threads"])
        self._stint = StintRunner(Assignment.from_json(config["assignment"]))

    def step(self) -> dict[str, Any]:
        """Train one epoch."""
        return {"report": self._stint.step().to_json()}

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Leave the last trial and take the next one."""
        self._stint.close()
        self.setup(new_config)
        return True

    def cleanup(self) -> None:
        """Leave the last trial."""
        self._stint.close()
