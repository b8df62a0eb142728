"""A run as a search of many trials would leave it, without training: a study, event files, predictions of a few trials.

    python -m benchmarks.generate.run FOLDER [--trials 5000] [--epochs 50] [--full] [--name generated]

The trials are drawn from the space below at random; a trial's curve rises to a level that its settings decide, with
noise. ASHA stops the weak ones at its rungs; with ``--full`` none is stopped: all have every epoch, for measuring.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage

from search.plan.plan import Plan, load_plan
from search.plan.trial_config import Value
from search.runs import record
from search.runs.events import EventWriter
from search.runs.journal import Journal
from search.runs.layout import RunLayout
from search.runs.record import RecordedReport, RungDecision, Stint, TrialRecord, copied_trial
from search.training.predictions import Predictions
from search.tuning.distributions import distributions

PLAN = """\
name: {name}
data: {{name: cifar10, validation: 0.1}}
objective: {{metric: val/accuracy, mode: max}}
budget: {{trials: {trials}, epochs: {epochs}}}
scheduler: {{name: asha, grace_period: 2, reduction_factor: 3}}
sampler: random
space:
  architecture: [resnet18, resnet34, cnn]
  optimizer: [sgd, adamw]
  learning_rate: {{low: 1e-4, high: 1.0, log: true}}
  momentum: {{low: 0.8, high: 0.99, when: {{optimizer: sgd}}}}
  weight_decay: {{low: 1e-6, high: 1e-2, log: true}}
  batch_size: [64, 128, 256, 512]
  dropout: {{low: 0.0, high: 0.5, when: {{architecture: cnn}}}}
  label_smoothing: {{low: 0.0, high: 0.2}}
  schedule: [cosine, one_cycle, constant]
  augmentation:
    crop: {{low: 0, high: 4}}
    flip: [true, false]
    rotation: {{low: 0.0, high: 20.0}}
"""

BEGIN = 1_790_000_000.0
WORKERS, HOSTS = 16, 4
KEPT = 24
"""Trials that have predictions and a trial.json; a search keeps them of all, but no page shows more at once."""

CLASSES, IMAGES = 10, 1000


@dataclass
class Made:
    """A trial under way: its point, what its curve would be, and when which worker trains it."""

    number: int
    point: Mapping[str, Value]
    curve: np.ndarray
    seconds: float
    worker: int = 0
    start: float = 0.0
    stop: int = 0
    rungs: Mapping[int, RungDecision] = None  # type: ignore[assignment]


def level(point: Mapping[str, Value]) -> float:
    """Return the accuracy that a configuration ends at: two settings matter most, others a little."""
    best = {"sgd": -0.8, "adamw": -2.8}[str(point["optimizer"])]
    rate = math.log10(float(point["learning_rate"])) - best
    architecture = {"resnet18": 0.0, "resnet34": 0.01, "cnn": -0.06}[str(point["architecture"])]
    decay = (math.log10(float(point["weight_decay"])) + 3.5) ** 2
    crop = 0.006 * float(point["augmentation.crop"])
    return (
        0.93
        + architecture
        + crop
        - 0.05 * rate**2
        - 0.004 * decay
        - 0.1 * float(point["label_smoothing"]) ** 2
    )


def draw(plan: Plan, number: int, rng: np.random.Generator) -> Made:
    """Draw a trial with its whole curve (epochs,)."""
    point = plan.space.sample(rng)
    epochs = np.arange(1, plan.budget.epochs + 1)
    end = max(level(point), 0.1)
    shape = 1 - np.exp(-epochs / rng.uniform(2, 12))
    curve = np.clip(0.1 + (end - 0.1) * shape + rng.normal(0, 0.004, len(epochs)), 0, 1)
    if rng.random() < 0.02:
        curve[rng.integers(1, len(epochs)) :] = math.nan
    seconds = {"resnet18": 14.0, "resnet34": 24.0, "cnn": 5.0}[str(point["architecture"])]
    return Made(number, point, curve, seconds * rng.uniform(0.9, 1.2))


def schedule(trials: Sequence[Made], rungs: Sequence[int], *, full: bool) -> None:
    """Give each trial a worker and a time, and decide at each rung as ASHA does, in order of arrival."""
    free = [(BEGIN, worker) for worker in range(WORKERS)]
    standing: dict[int, list[float]] = {rung: [] for rung in rungs}
    for made in trials:
        made.start, made.worker = heapq.heappop(free)
        made.stop, made.rungs = len(made.curve), {}
        lost = np.flatnonzero(np.isnan(made.curve))
        for rung in rungs:
            if len(lost) and lost[0] < rung:
                made.stop = int(lost[0]) + 1
                break
            value = float(made.curve[rung - 1])
            standing[rung].append(value)
            there = sorted(standing[rung], reverse=True)
            cutoff = there[max(len(there) // 3, 1) - 1]
            made.rungs[rung] = RungDecision(
                rung, value >= cutoff, cutoff, len(there), audited=full and value < cutoff
            )
            if value < cutoff and not full:
                made.stop = rung
                break
        heapq.heappush(free, (made.start + made.stop * made.seconds + 1.0, made.worker))


def known(made: Made, epochs: int) -> TrialRecord:
    """Return a trial as the study records it."""
    reports = {}
    for step in range(1, made.stop + 1):
        decided = (made.rungs[step],) if step in made.rungs else ()
        value = float(made.curve[step - 1])
        last = step == made.stop and made.stop < epochs
        checkpoint = f"trials/{made.number}/1/checkpoint-{step:05d}.pt"
        reports[step] = RecordedReport(
            step, step, value, step * made.seconds, 1, checkpoint, "stop" if last else "continue", decided
        )
    diverged = math.isnan(made.curve[made.stop - 1])
    status = "failed" if diverged else "completed" if made.stop == epochs else "stopped"
    decided = made.rungs.get(made.stop)
    missed = (
        f"{made.curve[made.stop - 1]:.4f} at epoch {made.stop} misses the cut-off {decided.cutoff:.4f} of "
        f"{decided.standing} trials there"
        if status == "stopped" and decided
        else ""
    )
    stint = Stint(
        1,
        made.start,
        0,
        f"node{made.worker % HOSTS}",
        f"cuda:{made.worker // HOSTS}",
        1000 + made.worker,
        made.start + made.stop * made.seconds,
        status,
    )
    return TrialRecord(
        made.number,
        status,
        made.point,
        reports,
        (stint,),
        "sampler",
        "the loss is not finite" if diverged else missed,
        made.number,
        {step: report.value for step, report in reports.items()},
    )


def write_study(layout: RunLayout, plan: Plan, records: Sequence[TrialRecord]) -> None:
    """Write the journal, one record a trial."""
    storage = JournalStorage(Journal(layout.journal))
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=storage, study_name=plan.name, direction="maximize")
    with record.together(storage):
        for one in records:
            finite = [value for value in one.values.values() if math.isfinite(value)]
            score = finite[-1] if finite and one.status != "failed" else None
            frozen = optuna.trial.create_trial(state=optuna.trial.TrialState.RUNNING)
            study.add_trial(copied_trial(frozen, one, distributions(plan.space, one.point), score=score))


def write_events(layout: RunLayout, one: TrialRecord, rng: np.random.Generator) -> None:
    """Write a trial's event file, eight scalars an epoch, by the writer that a worker uses."""
    folder = layout.trial(one.number).attempt(1).folder
    folder.mkdir(parents=True)
    writer = EventWriter(folder)
    writer.start(one.point, group=str(one.number))
    for step, value in one.values.items():
        noise = rng.normal(0, 0.002, 4)
        writer.scalars(
            {
                "val/accuracy": value,
                "val/loss": 2.3 * (1 - value),
                "val/f1": value + noise[0],
                "val/precision": value + noise[1],
                "val/recall": value + noise[2],
                "train/loss": 2.2 * (1 - value),
                "train/accuracy": value + abs(noise[3]),
                "train/images_per_second": 3000 + 1e4 * noise[0],
            },
            step=step,
        )
    writer.end("failure" if one.status == "failed" else "success")
    writer.close()


def write_predictions(layout: RunLayout, plan: Plan, one: TrialRecord, labels: np.ndarray) -> None:
    """Write logits that are as accurate as the trial's last value, and its trial.json."""
    rng = np.random.default_rng(one.number)
    value = list(one.values.values())[-1]
    right = rng.random(IMAGES) < (value if math.isfinite(value) else 0.1)
    target = np.where(right, labels, rng.integers(0, CLASSES, IMAGES))
    logits = rng.normal(0, 1, (IMAGES, CLASSES))
    logits[np.arange(IMAGES), target] += 4
    folder = layout.trial(one.number)
    Predictions(logits.astype(np.float16), labels, np.arange(IMAGES), one.step).save(folder.validation)
    config = {
        "format": 1,
        "settings": dict(one.point),
        "epochs": plan.budget.epochs,
        "seed": one.seed,
        "plugins": [],
        "data": {"name": "cifar10", "size": None, "validation": 0.1, "split_seed": 0},
    }
    document = {
        "config": config,
        "metrics": {"val/accuracy": value},
        "stints": [asdict(s) for s in one.stints],
    }
    folder.document.write_text(json.dumps(document), encoding="utf-8")


def generate(
    folder: Path, *, name: str, trials: int, epochs: int, full: bool, events: bool = True
) -> RunLayout:
    """Write a run and return where it is."""
    layout = RunLayout(folder / name)
    layout.root.mkdir(parents=True)
    layout.plan.write_text(PLAN.format(name=name, trials=trials, epochs=epochs), encoding="utf-8")
    plan = load_plan(layout.plan)
    rng = np.random.default_rng(0)
    made = [draw(plan, number, rng) for number in range(trials)]
    schedule(made, [rung for rung in (2, 6, 18) if rung < epochs], full=full)
    records = [known(one, epochs) for one in made]
    write_study(layout, plan, records)
    labels = rng.integers(0, CLASSES, IMAGES)
    for one in records if events else ():
        write_events(layout, one, rng)
    best = sorted(
        records, key=lambda one: -(list(one.values.values())[-1] if one.status == "completed" else 0)
    )
    for one in {r.number: r for r in [*records[:KEPT], *best[:KEPT]]}.values():
        layout.trial(one.number).folder.mkdir(parents=True, exist_ok=True)
        write_predictions(layout, plan, one, labels)
    return layout


def main() -> None:
    """Read the arguments and generate."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate.run", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=5000)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--name", default="generated")
    parser.add_argument("--full", action="store_true", help="stop no trial")
    arguments = parser.parse_args()
    print(
        generate(
            arguments.folder,
            name=arguments.name,
            trials=arguments.trials,
            epochs=arguments.epochs,
            full=arguments.full,
        ).root
    )


if __name__ == "__main__":
    main()
