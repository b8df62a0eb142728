"""Only the wheel installed, an empty folder: shipped spaces are found, and a user's own network runs."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.cli.plugin import write_space
from tests.faults.searches import REPOSITORY, done
from tests.faults.whole import assert_whole

pytestmark = pytest.mark.timeout(1200)


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the wheel into a folder, with what is here."""
    if importlib.util.find_spec("pip"):
        words = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", str(REPOSITORY), "-w", str(folder)]
    elif shutil.which("uv"):
        words = ["uv", "build", "-q", "--wheel", str(REPOSITORY), "-o", str(folder)]
    else:
        pytest.skip("neither pip nor uv is here to build the wheel")
    return subprocess.run(words, check=False, capture_output=True, text=True)


def install(wheel: Path, python: Path) -> None:
    """Install the wheel for an interpreter, without what it depends on."""
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install"]
    uv = ["uv", "pip", "install", "--python", str(python)]
    words = pip if importlib.util.find_spec("pip") else uv
    subprocess.run([*words, "-q", "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The interpreter of an environment that holds the wheel, and sees the big packages of this one."""
    wheels, folder = tmp_path / "wheels", tmp_path / "environment"
    built = build(wheels)
    if built.returncode:
        pytest.skip(f"the wheel cannot be built here (no network for hatchling?): {built.stderr[-300:]}")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (site / "big_packages.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    install(next(wheels.glob("*.whl")), python)
    return python


@pytest.mark.slow
def test_an_installed_wheel_runs_a_user_s_network_from_an_empty_folder(
    installed: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    where = subprocess.run(
        [str(installed), "-c", "import search; print(search.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=empty,
        env={"PATH": ""},
    )
    assert Path(where.stdout.strip()).is_relative_to(installed.parents[1])
    checked = subprocess.run(
        [str(installed.parent / "winnow"), "run", "--space", "digits.yaml", "--check"],
        check=True,
        capture_output=True,
        text=True,
        cwd=empty,
    )
    assert "cnn" in checked.stdout
    ended = done(
        "run",
        "--space",
        write_space(empty, trials=2),
        "--json",
        folder=tmp_path,
        cwd=empty,
        python=str(installed),
        environment={"PYTHONPATH": ""},
    )
    assert ended.code == 0, ended.err
    assert_whole(empty / "runs" / "mine", trials=2)
