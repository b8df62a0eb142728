"""Plugins: imported once, failures told with the plugin's own line, entry points found."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.plan.mistake import PlanError
from search.plan.plugins import load_entry_points, load_plugins, module_name


@pytest.fixture(autouse=True)
def _forget_plugins() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_file_is_imported_once_under_a_stable_name(tmp_path: Path) -> None:
    path = tmp_path / "my_models.py"
    path.write_text("from dataclasses import dataclass\n@dataclass\nclass Model:\n    width: int = 3\n")
    (first,), (second,) = load_plugins([path]), load_plugins([str(path)])
    assert first is second is sys.modules[module_name(path)]
    assert first.Model().width == 3
    assert module_name(Path("/a/b.py")) == "winnow_plugin_b_edb30ba3"


def test_all_failures_are_told_with_the_plugins_own_line(tmp_path: Path) -> None:
    bodies = {
        "raises.py": "import math\n\ndef f():\n    return math.sqrt(-1)\n\nf()\n",
        "syntax.py": "x = 1\ny = (\n",
        "exits.py": "raise SystemExit(3)\n",
        "good.py": "",
    }
    for name, body in bodies.items():
        (tmp_path / name).write_text(body)
    with pytest.raises(PlanError) as caught:
        load_plugins([tmp_path / name for name in (*bodies, "missing.py")])
    raises, syntax, exits, missing = (str(m).replace(f"{tmp_path}/", "") for m in caught.value.mistakes)
    assert raises.startswith("raises.py:4: plugins: found ValueError: ")
    assert raises.endswith(", expected a plugin that can be imported")
    assert syntax.startswith("syntax.py:2: plugins: found SyntaxError: '(' was never closed")
    assert exits == "exits.py:1: plugins: found SystemExit: 3, expected a plugin that can be imported"
    assert missing == "missing.py: plugins: found no such file, expected the path of a Python file"
    assert not [name for name in sys.modules if name.startswith("winnow_plugin_raises")]


def test_a_file_that_is_no_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(PlanError, match=r"plugins: found no Python file, expected one named \*\.py$"):
        load_plugins([tmp_path / "notes.txt"])


def install(folder: Path, module: str, body: str) -> None:
    (folder / f"{module}.py").write_text(body)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[winnow.plugins]\nmine = {module}\n")


def test_entry_points_of_installed_packages_are_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "winnow_test_package", "answer = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert [module.answer for module in load_entry_points() if hasattr(module, "answer")] == [42]


def test_every_process_that_loads_plugins_has_the_entry_points_too(tmp_path: Path) -> None:
    """A worker, an export's check and who opens a bundle load plugins alone: a package's parts must be there."""
    install(tmp_path, "winnow_test_parts", "answer = 42\n")
    said = (
        "import sys\nfrom search.plan.plugins import load_plugins\n"
        "assert load_plugins([]) == ()\nprint('winnow_test_parts' in sys.modules)"
    )
    environment = {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"}
    ran = subprocess.run(
        [sys.executable, "-c", said], check=True, capture_output=True, text=True, env=environment
    )
    assert ran.stdout.split() == ["True"]


def test_a_failing_entry_point_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "winnow_broken_package", "import winnow_no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    with pytest.raises(PlanError) as caught:
        load_entry_points()
    assert str(caught.value) == (
        "entry point mine = winnow_broken_package of winnow_broken_package: plugins: found ModuleNotFoundError: "
        "No module named 'winnow_no_such_module', expected a plugin that can be imported"
    )


def test_a_plugin_keeps_the_path_of_the_laptop_in_a_job_on_a_cluster(tmp_path: Path) -> None:
    laptop, job = tmp_path / "laptop", tmp_path / "job"
    (job / "parts").mkdir(parents=True)
    (job / "beside.py").write_text("WIDTH = 7\n")
    (job / "parts/mine.py").write_text("from beside import WIDTH\n")
    said = (
        "from search.plan.plugins import load_plugins\n"
        f"(module,) = load_plugins([{str(laptop / 'parts/mine.py')!r}])\n"
        "print(module.__name__, module.WIDTH)"
    )
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "WINNOW_PROJECT": str(laptop),
        "PYTHONSAFEPATH": "1",  # as in a worker of Ray's, whose first path is not the working directory
    }
    ran = subprocess.run(
        [sys.executable, "-c", said], check=True, capture_output=True, text=True, cwd=job, env=environment
    )
    assert ran.stdout.split() == [module_name(laptop / "parts/mine.py"), "7"]
