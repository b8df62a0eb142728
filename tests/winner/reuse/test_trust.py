"""A bundle that names a Python file runs it for nobody who has not said so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import search
from search import evaluate, predict, serve
from search.winner.bundle import Bundle, BundleError, write_checksums


@pytest.fixture
def armed(bundle: Path, tmp_path: Path) -> Path:
    """A bundle with a plugin that leaves a mark where it has run."""
    made = Path(shutil.copytree(bundle, tmp_path / "armed"))
    plugin = made / "evil.py"
    plugin.write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n", encoding="utf-8")
    config = Bundle(made).config
    document = json.loads(config.read_text())
    for part in (document["config"], *(one["config"] for one in document["members"])):
        part["plugins"] = [str(plugin)]
    config.write_text(json.dumps(document), encoding="utf-8")
    write_checksums(Bundle(made))
    return made


def test_nothing_runs_a_bundles_plugin_unasked(
    armed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for door in (search.load, search.load_recipe):
        with pytest.raises(BundleError, match=r"evil\.py, which is run as a program .* .plugins=True"):
            door(armed)
    assert predict.main([str(armed), "a.png"]) == 2
    assert evaluate.main([str(armed), "digits"]) == 2
    assert serve.main([str(armed), "--port", "0"]) == 2
    assert capsys.readouterr().err.count("--plugins") == 3
    assert not (tmp_path / "ran").exists()


def test_who_trusts_it_says_so(armed: Path, tmp_path: Path) -> None:
    search.load(armed, plugins=True)
    assert (tmp_path / "ran").exists()
    search.load_recipe(armed, plugins=True)
