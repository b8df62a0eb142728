"""The verb itself: what it refuses, its token, its beginning and its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from search import serve
from search.serving.access import VARIABLE


@pytest.mark.slow
def test_it_asks_for_its_token_beyond_this_machine_and_leaves_nothing(bundle: Path) -> None:
    words = [sys.executable, "-m", "search.serve", str(bundle), "--host", "0.0.0.0", "--port", "0", "--json"]
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            said = next(event for event in map(json.loads, process.stdout) if event["event"] == "serving")
            url = said["url"].replace("0.0.0.0", "127.0.0.1")
            assert httpx.get(url + "/model").status_code == 401
            assert httpx.get(url + "/health").status_code == 200
            known = {"authorization": f"Bearer {said['token']}"}
            assert httpx.get(url + "/model", headers=known).status_code == 200
            assert httpx.get(url + "/openapi.json", headers=known).json()["security"] == [{"token": []}]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


def test_a_folder_that_is_no_bundle_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve.main([str(tmp_path), "--port", "0"]) == 2
    assert "config.json does not describe a model" in capsys.readouterr().err


def test_a_taken_port_is_told(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert serve.main([str(bundle), "--port", str(taken.getsockname()[1])]) == 2
    assert "--port 0 takes any" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"), [("5ms", 0.005), ("0", 0.0), ("0.5ms", 0.0005), ("1s", 1.0), ("0.01s", 0.01)]
)
def test_a_wait_is_read(text: str, seconds: float) -> None:
    assert serve.wait(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "bytes_"), [("10MB", 10**7), ("500kB", 500_000), ("1GB", 10**9), ("7", 7), ("7 B", 7)]
)
def test_a_size_is_read(text: str, bytes_: int) -> None:
    assert serve.size(text) == bytes_


@pytest.mark.parametrize(
    "words",
    [
        ["--max-bytes", "0"],
        ["--max-bytes", "10 apples"],
        ["--batch-wait", "2s"],
        ["--batch-wait", "soon"],
        ["--timeout", "-1"],
        ["--port", "70000"],
        ["--temperature", "nan"],
        ["--token", "secret"],
    ],
)
def test_a_bad_word_is_bad_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        serve.main(["model", *words])
    assert ended.value.code == 2
