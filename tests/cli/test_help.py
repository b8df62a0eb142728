"""Help answers at once and shows an example: no verb loads torch or Ray for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from search.__main__ import VERBS, main
from search.plan.shipped import shipped_spaces
from tests.faults.searches import REPOSITORY


def help_of(module: str, folder: Path, word: str = "--help") -> str:
    """Run a module for its help; what it printed, and behind it its exit code and which heavy ones it loaded."""
    probe = (
        "import runpy, sys\n"
        f"sys.argv = ['verb', {word!r}]\n"
        "code = 0\n"
        "try:\n"
        f"    runpy.run_module({module!r}, run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    code = end.code\n"
        "print('code', code, 'loaded', [name for name in ('torch', 'ray') if name in sys.modules])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "", "HOME": str(folder)},
    )
    return ran.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_holds_an_example_and_loads_neither_torch_nor_ray(verb: str, tmp_path: Path) -> None:
    said = help_of(f"search.{verb}", tmp_path)
    assert f"example:\n  python -m search.{verb} " in said
    assert said.endswith("code 0 loaded []\n")


def test_help_of_run_names_every_space_that_comes_with_winnow(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    said = capsys.readouterr().out.partition("spaces that come with Winnow:")[2]
    assert [name.strip() for name in said.partition("\nwords")[0].split(",")] == [
        name.removesuffix(".yaml") for name in shipped_spaces()
    ]


def test_the_installed_command_lists_every_verb_and_an_example(tmp_path: Path) -> None:
    said = help_of("search", tmp_path)
    assert "example: winnow run --space digits.yaml" in said
    assert all(f"  {verb} " in said for verb in VERBS)
    assert said.endswith("code 0 loaded []\n")


def test_the_installed_command_hands_over_to_a_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["status", "--help"])
    assert end.value.code == 0
    assert "python -m search.status" in capsys.readouterr().out


def test_an_unknown_verb_is_bad_usage_and_the_known_ones_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ran"]) == 2
    assert capsys.readouterr().err.strip() == (
        f"winnow: no verb is called 'ran'; known are {', '.join(VERBS)}"
    )


def test_without_a_verb_the_usage_is_shown_and_the_exit_code_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    assert "usage: winnow <verb>" in capsys.readouterr().out
