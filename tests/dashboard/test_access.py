"""Who may open the dashboard, and what the gate before it lets in."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.access import VARIABLE, Access, access_of, own_token
from dashboard.arguments import parser
from dashboard.attempts import MOST, MOST_OF_ALL, Attempts
from dashboard.gate import Gate
from dashboard.login import LOGIN, login_page, next_of
from search.access import AccessError

SECRET = "correct horse battery"


def access(*words: str, **environment: str) -> Access:
    return access_of(parser().parse_args(words), environment)


def test_this_machine_alone_asks_nobody_and_answers_to_its_own_two_names() -> None:
    assert access() == Access("127.0.0.1", ("127.0.0.1", "localhost"), "", "open")
    assert access("--host", "localhost").address == "127.0.0.1"
    assert access().link(8501) == "http://127.0.0.1:8501"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_beyond_this_machine_a_random_token_is_asked_for_and_stands_in_the_address(host: str) -> None:
    found = access("--host", host)
    assert found.kind == "token"
    assert len(own_token()) >= 43, "256 bits in base64"
    assert found.link(8501).endswith(f":8501/?token={own_token()}")
    assert own_token() not in repr(found), "a log must not hold it"
    assert not {"0.0.0.0", "::"} & set(found.hosts), "no browser asks for a wildcard"


def test_a_name_that_is_allowed_is_answered_to_also_beyond_this_machine() -> None:
    for host in ("127.0.0.1", "0.0.0.0"):
        found = access("--host", host, "--allow-host", "Winnow.example.org.", "--allow-host", "other")
        assert found.allows("winnow.example.org:443")
        assert found.allows("other")
        assert found.allows("localhost:8501")
        assert not found.allows("evil.example.org")


def test_every_address_of_this_machine_is_answered_to_where_all_are_listened_on() -> None:
    found = access("--host", "0.0.0.0")
    addresses = {place[0] for *_, place in socket.getaddrinfo(socket.gethostname(), None)}
    assert {str(address).lower() for address in addresses} <= set(found.hosts)
    assert socket.gethostname().lower() in found.hosts


def test_a_given_password_takes_the_tokens_place_and_stands_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\nsecond line\n", encoding="utf-8")
    for found in (
        access("--host", "0.0.0.0", "--password-file", str(file)),
        access("--host", "0.0.0.0", **{VARIABLE: SECRET}),
        access(**{VARIABLE: SECRET}),
    ):
        assert found.kind == "password"
        assert found.knows(SECRET)
        assert not found.knows(SECRET + " ")
        assert SECRET not in found.link(1) + repr(found)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "no-such-host.invalid"], "an address of this machine is expected"),
        (["--password-file", "/no/such/file"], "No such file or directory"),
        (["--password-file", "~nobody-of-that-name/x"], "home directory"),
        (["--password-file", "/bin/true"], "--password-file /bin/true"),
    ],
)
def test_what_cannot_be_had_is_told_in_a_sentence(words: list[str], said: str) -> None:
    with pytest.raises(AccessError, match=said):
        access(*words)


@pytest.mark.parametrize("text", ["", "short", "x" * 2000])
def test_a_password_too_short_or_too_long_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "password"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(AccessError, match="a password of 8 to 1024 characters is expected"):
        access("--password-file", str(file))


def test_a_password_cannot_be_given_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Everyone on a machine reads the arguments of a process."""
    with pytest.raises(SystemExit):
        access("--password", SECRET)
    with pytest.raises(SystemExit):
        access("--token", SECRET)
    capsys.readouterr()


@given(st.text())
def test_no_host_header_passes_for_ours_that_is_not(header: str) -> None:
    """Against a pattern: one of our two names, perhaps with the root's dot, perhaps a port."""
    ours = re.fullmatch(r"(127\.0\.0\.1|localhost)\.*(:.*)?", header, re.IGNORECASE | re.DOTALL)
    bracketed = re.fullmatch(r"\[(127\.0\.0\.1|localhost)\](:.*)?", header, re.IGNORECASE | re.DOTALL)
    assert access().allows(header) == bool(ours or bracketed)


@given(st.text())
def test_the_login_leads_to_no_other_site(address: str) -> None:
    found = next_of(address)
    assert re.match(r"/(?![/\\])", found + " ")
    assert not re.search(r"[\r\n\t]", found)


def test_the_login_page_shows_an_address_as_text() -> None:
    page = login_page('/"><script>alert(1)</script>', "<b>")
    assert "<script>" not in page
    assert "<b>" not in page


# --- the gate, asked as a server asks it ---


async def _behind(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


class Asked:
    """One answer of the gate."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        start = messages[0]
        self.type = start["type"]
        self.status = start.get("status")
        self.headers = {name.decode(): value.decode() for name, value in start.get("headers", ())}
        self.body = b"".join(message.get("body", b"") for message in messages[1:]).decode()


def ask(
    gate: Gate,
    path: str = "/",
    *,
    method: str = "GET",
    kind: str = "http",
    query: str = "",
    body: bytes = b"",
    host: str = "127.0.0.1:8501",
    **headers: str,
) -> Asked:
    sent: list[dict[str, Any]] = []
    named = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": kind,
        "scheme": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "client": ("10.0.0.1", 5),
    }
    parts = [body[i : i + 4096] for i in range(0, len(body), 4096)] or [b""]

    async def receive() -> dict[str, Any]:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(gate(scope, receive, send))
    return Asked(sent)


def gate_of(secret: str = "") -> Gate:
    who = Access("127.0.0.1", ("127.0.0.1", "localhost"), secret, "password" if secret else "open")
    return Gate(_behind, lambda: who, Attempts(delay=0.0))


def log_in(gate: Gate, word: str, goal: str = "/overview?run=a") -> Asked:
    form = urlencode({"password": word, "next": goal}).encode()
    return ask(gate, LOGIN, method="POST", body=form, origin="http://127.0.0.1:8501")


PATHS = [
    "/",
    "/overview",
    "/_stcore/health",
    "/_stcore/upload_file/a/b",
    "/static/js/index.js",
    "/media/x.png",
]


@pytest.mark.parametrize("path", PATHS)
def test_without_the_secret_nothing_is_served_and_no_web_socket_opens(path: str) -> None:
    gate = gate_of(SECRET)
    assert ask(gate, path).status == 401
    assert "inside" not in ask(gate, path, accept="text/html").body
    assert ask(gate, path, kind="websocket").type == "websocket.close"


def test_who_knows_the_secret_gets_a_cookie_that_no_script_and_no_other_site_sees() -> None:
    gate = gate_of(SECRET)
    answer = log_in(gate, SECRET)
    assert (answer.status, answer.headers["location"]) == (303, "/overview?run=a")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert SECRET not in cookie
    assert ask(gate, "/static/x.js", cookie=cookie.partition(";")[0]).body == "inside"
    assert ask(gate, cookie=f"{cookie.partition('=')[0]}=guess").status == 401
    assert ask(gate_of(SECRET), cookie=cookie.partition(";")[0]).status == 401, "another server's cookie"


def test_a_token_in_the_address_is_taken_out_of_it() -> None:
    gate = gate_of(SECRET)
    answer = ask(gate, "/trial", query=f"run=a%26b&token={quote(SECRET)}&trials=3")
    assert (answer.status, answer.headers["location"]) == (303, "/trial?run=a%26b&trials=3")
    wrong = ask(gate, "/", query="token=wrong", accept="text/html")
    assert wrong.status == 401
    assert "set-cookie" not in wrong.headers
    assert "wrong" not in wrong.body, "it is not handed on"


@pytest.mark.parametrize(("how", "status"), [({}, 200), ({"method": "POST"}, 403)])
def test_an_origin_that_is_no_address_is_another_site_s_and_no_failure(
    how: dict[str, Any], status: int
) -> None:
    assert ask(gate_of(), origin="http://[", **how).status == status


def test_after_some_wrong_words_not_even_the_right_one_opens_for_a_minute() -> None:
    gate = gate_of(SECRET)
    assert [log_in(gate, "wrong").status for _ in range(MOST)] == [401] * MOST
    assert log_in(gate, SECRET).status == 429


def test_attempts_are_forgotten_after_a_minute_and_bounded_over_all_clients() -> None:
    now = [0.0]
    attempts = Attempts(delay=0.0, clock=lambda: now[0])
    for number in range(MOST_OF_ALL):
        assert attempts.may_try(f"client {number}")
        asyncio.run(attempts.failed(f"client {number}"))
    assert not attempts.may_try("another")
    now[0] = 61.0
    assert attempts.may_try("another")


def test_a_form_too_long_is_not_read() -> None:
    gate = gate_of(SECRET)
    body = urlencode({"next": "x" * 100_000, "password": SECRET}).encode()
    assert ask(gate, LOGIN, method="POST", body=body).status == 401


def test_a_link_from_another_site_is_opened_again_as_our_own() -> None:
    """The browser keeps a strict cookie back when a mail's link is followed."""
    page = ask(gate_of(SECRET), "/curves", query="run=a", accept="text/html", sec_fetch_site="cross-site")
    assert '<meta http-equiv="refresh" content="0; url=/curves?run=a">' in page.body


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:8501"]
)
@pytest.mark.parametrize("secret", ["", SECRET])
def test_a_foreign_host_is_refused_before_anything_else(host: str, secret: str) -> None:
    assert ask(gate_of(secret), host=host).status == 400
    assert ask(gate_of(secret), host=host, kind="websocket").type == "websocket.close"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:9999", "null", "http://localhost:8501"]
)
def test_a_page_of_another_origin_opens_no_web_socket_and_sends_nothing(origin: str) -> None:
    """Another port of this machine may be another user's page."""
    assert ask(gate_of(), kind="websocket", origin=origin).type == "websocket.close"
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert ask(gate_of(), "/_stcore/upload_file/a/b", method=method, origin=origin).status == 403
    assert ask(gate_of(), method="POST", origin="http://127.0.0.1:8501").status == 200


@pytest.mark.parametrize(
    "answer", [ask(gate_of()), ask(gate_of(SECRET)), ask(gate_of(), host="evil.example")]
)
def test_every_answer_forbids_frames_guessed_types_and_other_sites(answer: Asked) -> None:
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self'" in policy
    assert not re.search(r"https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline", policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


def test_nothing_that_streamlit_caches_goes_to_the_disk() -> None:
    """It would be written, and read again, as a pickle."""
    for file in (Path(__file__).parents[2] / "dashboard").rglob("*.py"):
        assert not re.search(r"\bpersist\s*=", file.read_text(encoding="utf-8")), file
