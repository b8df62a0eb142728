"""Record whole learning curves of random configurations of `spaces/digits.yaml`, for `search_efficiency.py`.

    nice -n 19 python -m benchmarks.record_curves --configurations 400

Every configuration is trained to the horizon with `search.training.fit` on one thread; nothing is stopped early.
What is finished stands in a partial file below `build/`, a line each, so that a second call goes on where the first
was stopped; configuration n is drawn from `(seed, n)` alone, whatever was drawn before, and trained with the plan's
seed as every trial of a search is. The result is one file of arrays, `benchmarks/data/digits_curves.npz`, which
`benchmarks/data/README.md` describes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from search.plan.plan import Plan, find_space, load_plan
from search.plan.trial_config import TrialConfig, Value
from search.training.data import load_data
from search.training.errors import Diverged
from search.training.fit import fit
from search.training.vocabulary import vocabulary

TARGET = Path(__file__).parent / "data" / "digits_curves.npz"
PARTIAL = Path(__file__).parent.parent / "build" / "digits_curves.jsonl"
METRICS = ("val/accuracy", "val/loss")


def drawn(plan: Plan, seed: int, number: int) -> dict[str, Value]:
    """Return the point of one configuration, the same whatever was drawn before it."""
    return plan.space.sample(np.random.default_rng([seed, number]))


def trained(config: TrialConfig) -> dict[str, list[float]]:
    """Return the curves of one training: each metric, and cumulative seconds; shorter where it diverged."""
    curves: dict[str, list[float]] = {name: [] for name in (*METRICS, "seconds")}
    try:
        for report in fit(config, load_data(config.data), device="cpu"):
            for name in METRICS:
                curves[name].append(report.metrics[name])
            curves["seconds"].append(report.seconds)
    except Diverged as error:
        print(f"  {error}", flush=True)
    return curves


def finished(partial: Path) -> dict[int, dict[str, Any]]:
    """Return what the partial file holds, by number; a last line that was cut off is removed from it."""
    if not partial.is_file():
        return {}
    text = partial.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        partial.write_text(whole, encoding="utf-8")
    return {line["number"]: line for line in map(json.loads, whole.splitlines())}


def record(plan: Plan, partial: Path, *, configurations: int, seed: int) -> None:
    """Train what is missing and append it to the partial file."""
    done, words = finished(partial), vocabulary()
    with partial.open("a", encoding="utf-8") as file:
        for number in (n for n in range(configurations) if n not in done):
            started = time.perf_counter()
            point = drawn(plan, seed, number)
            curves = trained(plan.trial_config(point, seed=plan.seed, vocabulary=words))
            file.write(json.dumps({"number": number, "point": point, **curves}) + "\n")
            file.flush()
            said = f"{curves['val/accuracy'][-1]:.4f}" if curves["val/accuracy"] else "no epoch"
            print(
                f"{number + 1} of {configurations}: {said}, {time.perf_counter() - started:.1f} s", flush=True
            )


def curves_of(lines: Sequence[Mapping[str, Any]], name: str, epochs: int) -> npt.NDArray[np.float32]:
    """Return one metric of all configurations, (n, epochs) float32; NaN from the epoch on that diverged."""
    found = np.full((len(lines), epochs), np.nan, np.float32)
    for row, line in zip(found, lines, strict=True):
        row[: len(line[name])] = line[name]
    return found


def write(target: Path, lines: Sequence[Mapping[str, Any]], epochs: int) -> None:
    """Write the arrays; no pickle is needed to read them."""
    np.savez_compressed(
        target,
        configurations=np.array([json.dumps(line["point"], sort_keys=True) for line in lines]),
        accuracy=curves_of(lines, "val/accuracy", epochs),
        loss=curves_of(lines, "val/loss", epochs),
        seconds=curves_of(lines, "seconds", epochs),
    )


def main() -> int:
    """Record, then write the arrays."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--configurations", type=int, default=400, help="how many are drawn (default: 400)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (default: 0)")
    parser.add_argument("--target", type=Path, default=TARGET, help="the file that is written")
    parser.add_argument("--partial", type=Path, default=PARTIAL, help="of what is finished, to go on from")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for path in (arguments.target, arguments.partial):
        path.parent.mkdir(parents=True, exist_ok=True)
    plan = load_plan(find_space("digits.yaml"), vocabulary=vocabulary())
    record(plan, arguments.partial, configurations=arguments.configurations, seed=arguments.seed)
    lines = [line for _, line in sorted(finished(arguments.partial).items())][: arguments.configurations]
    write(arguments.target, lines, plan.budget.epochs)
    print(f"{arguments.target}: {len(lines)} configurations, {arguments.target.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
