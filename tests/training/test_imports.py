"""What is imported when: reading reports must start fast, and training must run where only torch is."""

from __future__ import annotations

import subprocess
import sys

import pytest

FORBIDDEN = ("ray", "optuna", "ruamel", "yaml", "torchvision", "torchmetrics", "sklearn", "PIL.ImageQt")


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["search.training", "search.training.report", "search.training.errors"])
def test_readers_of_reports_import_no_torch(module: str) -> None:
    assert not {"torch", "numpy"} & modules_after(f"import {module}")


def test_training_imports_neither_the_search_nor_what_takes_seconds() -> None:
    loaded = modules_after("import search.training.fit, search.training.vocabulary, search.training.cost")
    assert not set(FORBIDDEN) & loaded
