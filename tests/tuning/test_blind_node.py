"""A search whose only worker sees neither the run's folder nor the images."""

from __future__ import annotations

from pathlib import Path

import pytest
import ray

from search.tuning import launch
from tests.faults.whole import assert_whole
from tests.inprocess import plan_in
from tests.tuning.nodes import blind_node, cluster


@pytest.mark.slow
def test_a_search_on_another_node_keeps_its_run_on_the_drivers_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it see the cache of images; trials pause at rungs and go on from a checkpoint."""
    runs, cache = tmp_path / "runs", tmp_path / "cache"
    runs.mkdir()
    cache.mkdir()
    monkeypatch.setenv("WINNOW_CACHE", str(cache))
    plan = plan_in(tmp_path)
    plan = plan.model_copy(update={"budget": plan.budget.model_copy(update={"trials": 6, "epochs": 4})})
    said: list[str] = []
    with cluster(cpus=0) as address, blind_node(address, [runs, cache]):
        ray.shutdown()  # the search joins it itself
        outcome = launch.start(
            plan,
            folder=runs,
            name=None,
            listener=lambda _: None,
            options=launch.Options(address=address, say=said.append),
        )
    run = assert_whole(outcome.root, trials=6)
    nodes = {stint.node for trial in run.trials for stint in trial.record.stints}
    assert len(nodes) == 1, "the head has no CPU for a trial"
    assert sum(line.startswith("images: ") for line in said) == 2
    assert all(run.layout.trial(n).attempt(1).log.read_text() for n in range(6))
