"""The plan starts fast: it knows neither torch nor Ray nor Optuna."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import search.plan

PROGRAM = """
import importlib, pkgutil, sys
import search.plan
for module in pkgutil.iter_modules(search.plan.__path__):
    importlib.import_module(f"search.plan.{module.name}")
print([name for name in ("torch", "torchvision", "ray", "optuna", "sklearn") if name in sys.modules])
"""


def test_no_heavy_package_is_imported() -> None:
    root = Path(search.plan.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
