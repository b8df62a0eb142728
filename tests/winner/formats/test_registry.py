"""The list of formats answers without torch, and a missing package is one sentence with the command that mends it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from search import export as verb
from search.winner.candidate import CannotExport
from search.winner.export import DEFAULT, chosen_formats
from search.winner.formats import formats, registry


def test_the_list_is_printed_without_torch() -> None:
    code = (
        "import sys; from search.export import main; main(['--list', '--json']); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'onnx', 'onnxruntime', 'executorch')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["name"] for line in lines] == list(formats.names())
    assert {line["event"] for line in lines} == {"format"}
    assert all(line["about"] and line["files"] for line in lines)


def test_every_format_writes_files_of_its_own() -> None:
    files = [name for entry in formats for name in entry.build.files]
    assert len(files) == len(set(files))


def test_the_weights_come_first_and_are_always_there() -> None:
    assert [entry.name for entry in chosen_formats(["onnx_int8", "onnx"])] == [
        "safetensors",
        "onnx",
        "onnx_int8",
    ]


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_is_installed", lambda module: module != "executorch")
    with pytest.raises(CannotExport, match=r"executorch needs .* pip install 'winnow-search\[executorch\]'"):
        chosen_formats(["executorch"])
    assert "executorch" not in [entry.name for entry in chosen_formats(["all"])]
    monkeypatch.setattr(registry, "_is_installed", lambda module: module != "onnxscript")
    assert [entry.name for entry in chosen_formats(None)] == [name for name in DEFAULT if name != "onnx"]


def test_an_unknown_format_is_answered_with_the_nearest(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb.main([str(finished), "--format", "onx"]) == 2
    assert "did you mean onnx" in capsys.readouterr().err.replace("'", "").replace("`", "")
