"""The format of docs/extending.md is one of the words of `search.export` for a run that was searched with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.plan.plan import load_plan, plan_plugins
from search.tuning.vocabulary import vocabulary
from tests.docs.pages import REPOSITORY, blocks
from tests.docs.programs import write_parts
from tests.docs.spaces import named
from tests.faults.searches import done
from tests.inprocess import Search

PAGE = "docs/extending.md"


@pytest.mark.slow
@pytest.mark.usefixtures("registries")
def test_the_verb_writes_and_checks_it_in_new_processes(tmp_path: Path) -> None:
    (block,) = (b for b in blocks(REPOSITORY / PAGE) if b.language == "yaml" and "my_format" in b.text)
    write_parts(PAGE, tmp_path)
    (path,) = named(block, tmp_path)
    limits = ["budget.trials=1", "budget.epochs=1", "space.width=4"]
    plan = load_plan(path, overrides=limits, vocabulary=vocabulary(plan_plugins(path)))
    Search(plan, tmp_path / "run").go()
    ended = done("export", "run", "--format", "ort", "--out", "best", folder=tmp_path)
    assert ended.code == 0, ended.err
    assert (tmp_path / "best" / "model.ort").stat().st_size > 0
    assert "\nort " in ended.out
