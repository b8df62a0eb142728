"""The server itself: who may ask it, what it loads, how it begins and ends."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.__main__ import main
from dashboard.access import access_of
from dashboard.arguments import parser
from dashboard.settings import settings

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


REPOSITORY = Path(__file__).parents[2]
OURS = (sys.executable, "-m", "dashboard", "--port", "0", "--no-browser", "--runs-dir")
STREAMLIT = (
    sys.executable,
    "-m",
    "streamlit",
    "run",
    str(REPOSITORY / "dashboard" / "app.py"),
    "--server.port",
    "0",
)


@contextmanager
def serving(command: Sequence[str], folder: Path, **environment: str) -> Iterator[tuple[int, str]]:
    """Serve a folder for a while; return port and address. The server must end by itself when told to."""
    environment = {**os.environ, "HOME": str(folder), "PYTHONPATH": str(REPOSITORY), **environment}
    with subprocess.Popen(
        [*command, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=folder,
    ) as server:
        try:
            yield _announced(server)
        finally:
            server.send_signal(signal.SIGINT)
            try:
                ended = server.wait(20)
                assert ended == 0 or (ended == 1 and "streamlit" in command)  # which says 1 after Ctrl+C
            finally:
                server.kill()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a dashboard that runs for this module."""
    with serving(OURS, tmp_path_factory.mktemp("runs")) as (found, _):
        yield found


def _announced(server: subprocess.Popen[str]) -> tuple[int, str]:
    assert server.stdout is not None
    lines = []
    for line in server.stdout:
        lines.append(line)
        if found := re.search(r"URL: (http://.*:(\d+)\S*)", line):
            return int(found[2]), found[1]
    raise AssertionError("".join(lines))


def ask(port: int, path: str = "/", method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, headers=headers)
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
    options = settings(access_of(parser().parse_args([]), {}), port=1)
    assert options["browser.gatherUsageStats"] is False
    assert options["server.address"] == "127.0.0.1"
    assert options["server.allowedHosts"] == ["127.0.0.1", "localhost"]
    assert options["server.enableAgentApi"] is False
    assert options["theme.dark.primaryColor"]


def test_beyond_this_machine_nothing_is_served_without_the_token_that_was_printed(tmp_path: Path) -> None:
    with serving((*OURS[:-1], "--host", "0.0.0.0", "--runs-dir"), tmp_path) as (port, link):
        here = f"127.0.0.1:{port}"
        token = link.partition("/?token=")[2]
        for path in ("/", "/overview", "/_stcore/health", "/_stcore/host-config", "/static/index.html"):
            assert ask(port, path, Host=here).status == 401
        assert ask(port, "/_stcore/stream", Host=here, Origin=f"http://{here}", **HANDSHAKE).status == 403
        entered = ask(port, f"/overview?run=a&token={token}", Host=here)
        assert (entered.status, entered.headers["location"]) == (303, "/overview?run=a")
        cookie = entered.headers["set-cookie"].partition(";")[0]
        assert ask(port, "/_stcore/health", Host=here, Cookie=cookie).status == 200
        opened = ask(port, "/_stcore/stream", Host=here, Origin=f"http://{here}", Cookie=cookie, **HANDSHAKE)
        assert opened.status == 101


WEAKER = {
    "STREAMLIT_SERVER_ENABLE_CORS": "false",
    "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "true",
    "STREAMLIT_SERVER_ENABLE_AGENT_API": "true",
}
"""What somebody may have set for an app of his own; of Streamlit's variables, the ones that would open ours."""


def test_streamlit_run_is_as_safe_as_our_own_command_whatever_was_set(tmp_path: Path) -> None:
    """Started in another folder, where neither our settings nor our packages are found by themselves."""
    environment = {**WEAKER, "PYTHONPATH": ""}
    with serving((*STREAMLIT, "--", "--no-browser", "--runs-dir"), tmp_path, **environment) as (port, _):
        here = f"127.0.0.1:{port}"
        answer = ask(port, Host=here)
        assert answer.status == 200
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert ask(port, Host=f"evil.example:{port}").status == 400
        assert (
            ask(port, "/_stcore/stream", Host=here, Origin="http://evil.example", **HANDSHAKE).status == 403
        )
        agent = ask(port, "/_stcore/agent/interact", "POST", Host=here, Origin=f"http://{here}")
        assert agent.status in (403, 404, 405)
        with socket.socket() as tried, pytest.raises(ConnectionRefusedError):
            tried.connect(("127.0.0.2", port))


def test_streamlit_run_that_would_listen_everywhere_serves_nothing(tmp_path: Path) -> None:
    command = [*STREAMLIT, "--server.address", "0.0.0.0", "--", "--runs-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert done.returncode != 0
    assert "streamlit run would listen on 0.0.0.0, but 127.0.0.1 is expected" in done.stderr
    assert "URL" not in done.stdout


def test_help_has_an_example_and_loads_no_streamlit(capsys: pytest.CaptureFixture[str]) -> None:
    code = """
import sys
from dashboard.__main__ import main
from dashboard.access import access_of
from dashboard.arguments import parser
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
