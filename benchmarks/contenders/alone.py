"""The reference: the same steps in plain processes, without a framework, checkpoints or reports.

    python -m benchmarks.contenders.alone FOLDER

With one worker this is what the steps cost alone; with several, what they cost where every core is busy with
them and nothing else.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from multiprocessing.synchronize import Barrier

import torch

from benchmarks.contenders.marks import mark_steps
from benchmarks.contenders.work import DATA, Job
from search.training.data import load_data
from search.training.fit import fit


def train(job: Job, worker: int, barrier: Barrier) -> None:
    """Train each `job.workers`-th configuration; all workers begin together, warmed up."""
    torch.set_num_threads(1)
    data = load_data(DATA)
    for config in job.configs[:1]:
        next(fit(replace(config, epochs=1), data))
    barrier.wait()
    mark_steps()
    for config in job.configs[worker :: job.workers]:
        for _ in fit(config, data):
            pass


def main() -> None:
    """Run the job of the command line."""
    job = Job.of_command_line()
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(job.workers)
    processes = [context.Process(target=train, args=(job, w, barrier)) for w in range(job.workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
