"""Ray Serve within this process: started silently, closed to who lacks its token, no HTTP of its own; gone at the end.

Ray Serve's own HTTP proxy is left out: it reads a body into a queue without a bound before anything of ours sees it,
and each request costs a call to a replica (docs/serving.md has the figures).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ray import serve
from ray.serve.handle import DeploymentHandle
from ray.serve.schema import LoggingConfig

from search.serving.replica import Replica
from search.tuning.local_ray import local_ray
from search.tuning.resources import Allocation, this_machine

CALLS = 16
"""Of one replica at once: two batches, explanations, and who asks after its health."""


@dataclass(frozen=True)
class Share:
    """What each replica gets: cores, and a part of a GPU where there is one."""

    cores: int
    gpus: float


def share_of(replicas: int) -> Share:
    """Share this machine among so many replicas, each with a core at least."""
    machine = this_machine()
    return Share(max(1, machine.cpus // replicas), min(1.0, machine.gpus / replicas))


@contextmanager
def replicas_of(bundle: Path, replicas: int, temperature: float) -> Iterator[DeploymentHandle]:
    """Start Ray and replicas of a model; stop all of it on leaving.

    Args:
        bundle: the folder of the model.
        replicas: processes.
        temperature: of the probabilities.

    Yields:
        A handle: its calls go to the replica that has least to do.
    """
    share = share_of(replicas)
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    quiet = LoggingConfig(log_level="ERROR", enable_access_log=False)
    with local_ray(Allocation(share.cores, share.gpus, replicas)):
        try:
            serve.start(proxy_location="Disabled", logging_config=quiet)
            deployment = serve.deployment(Replica).options(
                num_replicas=replicas,
                max_ongoing_requests=CALLS,
                ray_actor_options={"num_cpus": share.cores, "num_gpus": share.gpus},
                logging_config=quiet,
            )
            application = deployment.bind(str(bundle), share.cores, temperature)
            yield serve.run(application, name="winnow", route_prefix=None)
        finally:
            serve.shutdown()
