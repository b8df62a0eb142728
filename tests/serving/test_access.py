from __future__ import annotations

from pathlib import Path

import pytest

from search.access import AccessError
from search.serving.access import VARIABLE, Access, access_of


def test_on_this_machine_nobody_is_asked_and_only_its_own_names_are_answered() -> None:
    access = access_of("127.0.0.1", None, {})
    assert (access.token, access.made) == ("", False)
    assert all(map(access.allows, ("127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000")))
    assert not any(
        map(access.allows, ("evil.example", "127.0.0.1.evil.example", "", "localhost@evil", "[::1"))
    )


def test_beyond_this_machine_a_token_is_made_each_time() -> None:
    one, other = (access_of("0.0.0.0", None, {}) for _ in range(2))
    assert one.made
    assert len(one.token) >= 32
    assert one.token != other.token
    assert one.allows("any.name:80")


def test_a_token_of_a_file_stands_before_one_of_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-the-file\nsecond line\n", encoding="utf-8")
    environment = {VARIABLE: "from-the-environment"}
    assert access_of("127.0.0.1", file, environment).token == "from-the-file"
    given = access_of("0.0.0.0", None, environment)
    assert (given.token, given.made) == ("from-the-environment", False)


@pytest.mark.parametrize("text", ["short", "with a space in it", "ümlaut-umlaut", "x" * 1025, ""])
def test_a_token_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(AccessError, match="8 to 1024"):
        access_of("127.0.0.1", file, {})


def test_a_missing_token_file_and_a_foreign_host_are_told(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="No such file"):
        access_of("127.0.0.1", tmp_path / "none", {})
    with pytest.raises(AccessError, match="an address of this machine"):
        access_of("no such host", None, {})


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("Bearer secret-token", True),
        ("bearer  secret-token", True),
        ("Basic secret-token", False),
        ("Bearer secret-toke", False),
        ("secret-token", False),
        ("Bearer \udcff", False),
        ("", False),
    ],
)
def test_only_the_token_itself_opens(header: str, known: bool) -> None:
    assert Access("0.0.0.0", token="secret-token").knows(header) is known


def test_the_token_is_not_shown() -> None:
    assert "secret-token" not in repr(Access("0.0.0.0", token="secret-token"))
