"""The server itself: who may ask it, what it loads, how it begins and ends."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.__main__ import main
from dashboard.settings import settings

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a dashboard that runs for this module; it must end by itself when told to."""
    command = [sys.executable, "-m", "dashboard", "--port", "0", "--no-browser", "--runs-dir"]
    folder = str(tmp_path_factory.mktemp("runs"))
    with subprocess.Popen(
        [*command, folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            yield _announced(server)
        finally:
            server.send_signal(signal.SIGINT)
            try:
                assert server.wait(20) == 0
            finally:
                server.kill()


def _announced(server: subprocess.Popen[str]) -> int:
    assert server.stdout is not None
    lines = []
    for line in server.stdout:
        lines.append(line)
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise AssertionError("".join(lines))


def ask(port: int, path: str = "/", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_answered(port: int, host: str) -> None:
    assert ask(port, Host=f"{host}:{port}").status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7", "localhost.evil.example"]
)
@pytest.mark.parametrize("path", ["/", "/overview", "/_stcore/health", "/_stcore/stream"])
def test_a_foreign_host_is_refused(port: int, host: str, path: str) -> None:
    assert ask(port, path, Host=f"{host}:{port}").status == 400


def test_a_web_socket_opens_for_this_machine_and_for_no_page_elsewhere(port: int) -> None:
    here = f"127.0.0.1:{port}"
    assert ask(port, "/_stcore/stream", Host=here, Origin=f"http://{here}", **HANDSHAKE).status == 101
    assert ask(port, "/_stcore/stream", Host=here, Origin="http://evil.example", **HANDSHAKE).status == 403
    foreign = ask(port, "/_stcore/stream", Host="evil.example", Origin="http://evil.example", **HANDSHAKE)
    assert foreign.status in (400, 403)


def test_no_other_address_of_this_machine_is_served(port: int) -> None:
    """All of 127.0.0.0/8 reaches this machine, but we listen on one address."""
    with socket.socket() as tried, pytest.raises(ConnectionRefusedError):
        tried.connect(("127.0.0.2", port))


def test_telemetry_is_off_and_the_address_is_fixed() -> None:
    options = settings(port=1, browser=False)
    assert options["browser.gatherUsageStats"] is False
    assert options["server.address"] == "127.0.0.1"
    assert options["server.enableAgentApi"] is False
    assert options["theme.dark.primaryColor"]


def test_help_has_an_example_and_loads_no_streamlit(capsys: pytest.CaptureFixture[str]) -> None:
    code = """
import sys
from dashboard.__main__ import main
try:
    main(["--help"])
except SystemExit as end:
    print(end.code, sorted({"streamlit", "pandas", "torch", "ray"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "python -m dashboard --runs-dir ~/searches" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 []"


def test_the_pages_load_neither_torch_nor_ray() -> None:
    code = (
        "import sys, dashboard.app, dashboard.frame, dashboard.prepare.overview, dashboard.prepare.winner\n"
    )
    code += "print(sorted({'torch', 'ray', 'torchvision', 'tensorflow'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("port", ["-1", "65536", "http", ""])
def test_a_port_that_is_none_is_wrong_usage(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([f"--port={port}"])
    assert end.value.code == 2
    assert f"a port from 0 to 65535 is expected, but got {port!r}" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert main([f"--port={number}", f"--runs-dir={tmp_path}"]) == 2
    assert f"--port {number}: 127.0.0.1 does not give it (Address already in use)" in capsys.readouterr().err


def test_a_file_and_a_single_run_are_refused_as_folder_of_runs(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"--runs-dir={runs / 'small'}"]) == 2
    assert f"this is one run; give the folder that holds it, {runs}" in capsys.readouterr().err
    assert main([f"--runs-dir={runs / 'small' / 'plan.yaml'}"]) == 2
    assert "a folder is expected, but this is a file" in capsys.readouterr().err
