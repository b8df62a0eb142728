"""The name of a Host header, the port and the secret that all servers share."""

from __future__ import annotations

import ipaddress
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import arguments
from search import serve
from search.access import AccessError, first_line, host_name, listen, origin_place, same


@given(st.ip_addresses(), st.integers(0, 65535) | st.none())
def test_the_host_header_is_read_whatever_the_address_and_its_port(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int | None
) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    assert host_name(host if port is None else f"{host}:{port}") == str(address)


@pytest.mark.parametrize(
    ("header", "name"), [("a:1", "a"), ("A.", "a"), ("[::1]:1", "::1"), ("[::1]x", ""), ("", "")]
)
def test_the_name_of_a_host_is_found(header: str, name: str) -> None:
    assert host_name(header) == name


@given(st.text(), st.text())
def test_only_the_secret_itself_is_the_secret(word: str, secret: str) -> None:
    assert same(secret, secret)
    assert same(word, secret) == (word == secret)


def test_a_port_is_taken_once() -> None:
    with listen("127.0.0.1", 0) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(
            AccessError, match=rf"--port {number}: 127.0.0.1 does not give it \(Address already"
        ):
            listen("127.0.0.1", number)


def test_a_secret_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "word").write_bytes(b" secret \r\nmore\n")
    assert first_line("--token-file", tmp_path / "word") == " secret "
    with pytest.raises(AccessError, match=r"--token-file .*none: No such file"):
        first_line("--token-file", tmp_path / "none")


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("https://A.example:8501", "a.example:8501"),
        ("http://[::1]:1", "[::1]:1"),
        ("null", ""),
        ("http://[", ""),
    ],
)
def test_the_place_of_an_origin_is_found_and_that_of_nonsense_is_none(header: str, place: str) -> None:
    assert origin_place(header) == place


@pytest.mark.parametrize("parser", [serve.parser, arguments.parser])
@pytest.mark.parametrize("text", ["８０", "65536", "-1", "1.0", ""])
def test_both_servers_refuse_a_port_that_is_none_in_the_same_words(
    parser: Callable[[], ArgumentParser], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["bundle", f"--port={text}"])
    assert f"a port from 0 to 65535 is expected, but got {text!r}" in capsys.readouterr().err
