"""Optuna in processes: each runs `study.optimize` on one journal, and takes what was enqueued.

    python -m benchmarks.contenders.optuna_processes FOLDER

Source: Optuna 5.0, "Easy Parallelization" (multi-process optimization on one node) and `JournalStorage`.
"""

from __future__ import annotations

import importlib
import multiprocessing
from typing import cast

import optuna
import torch
from optuna import TrialPruned
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import MaxTrialsCallback
from optuna.trial import Trial, TrialState

from benchmarks.contenders.marks import mark_steps
from benchmarks.contenders.work import DATA, Job
from search.training.data import load_data
from search.training.fit import fit

NAME = "overhead"


def storage(job: Job) -> JournalStorage:
    """Open the study's storage."""
    return JournalStorage(JournalFileBackend(str(job.folder / "study.journal")))


def work(job: Job) -> None:
    """Optimize until the list is through."""
    importlib.import_module("torch._dynamo")  # the first optimizer would, for 3.7 s of the first trial's time
    torch.set_num_threads(1)
    mark_steps()

    def objective(trial: Trial) -> float:
        if not trial.user_attrs:  # the list was through before this process took one of it
            trial.study.stop()
            raise TrialPruned
        config = job.configs[trial.suggest_int("index", 0, job.trials - 1)]
        training = fit(config, load_data(DATA))
        for report in training:
            training.save(job.folder / "checkpoints" / f"{trial.number}.pt")
            accuracy = report.metrics["val/accuracy"]
            trial.report(accuracy, report.step)
        return accuracy

    states = (TrialState.COMPLETE, TrialState.RUNNING)
    study = optuna.load_study(study_name=NAME, storage=storage(job))
    study.optimize(objective, callbacks=[MaxTrialsCallback(job.trials, states=states)])


def main() -> None:
    """Run the job of the command line."""
    job = Job.of_command_line()
    study = optuna.create_study(study_name=NAME, storage=storage(job), direction="maximize")
    for index in range(job.trials):
        study.enqueue_trial({"index": index}, user_attrs={"listed": True})
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=(job,)) for _ in range(job.workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(cast(int, process.exitcode) for process in processes):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
