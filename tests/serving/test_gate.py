from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse

from search.serving.access import Access, access_of
from search.serving.gate import Gate
from search.serving.metrics import Metrics

TOKEN = {"authorization": "Bearer secret-token"}
PROTECTED = Access("0.0.0.0", token="secret-token")


def ask(
    access: Access, path: str = "/model", metrics: Metrics | None = None, **headers: str
) -> httpx.Response:
    async def go() -> httpx.Response:
        gate = Gate(PlainTextResponse("in"), access, metrics or Metrics())
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(gate), base_url="http://localhost"
        ) as client:
            return await client.get(path, headers=headers)

    return asyncio.run(go())


def test_a_token_is_asked_for_everywhere_but_at_health() -> None:
    assert ask(PROTECTED).status_code == 401
    assert ask(PROTECTED, "/none").status_code == 401
    assert ask(PROTECTED, **TOKEN).text == "in"
    assert ask(PROTECTED, authorization="Bearer wrong-token").status_code == 401
    assert ask(PROTECTED, "/health").text == "in"


def test_a_foreign_name_of_this_machine_is_refused() -> None:
    here = access_of("127.0.0.1", None, {})
    assert ask(here).text == "in"
    refused = ask(here, host="evil.example:8000")
    assert refused.status_code == 400
    assert "evil.example" in refused.json()["error"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost", 200), ("https://evil.example", 403), ("null", 403), ("http://[", 403)],
)
def test_a_page_of_another_site_is_refused(origin: str, status: int) -> None:
    assert ask(access_of("127.0.0.1", None, {}), origin=origin).status_code == status


def test_every_answer_has_the_safe_headers_and_is_counted() -> None:
    metrics = Metrics()
    for answer in (ask(PROTECTED, metrics=metrics), ask(PROTECTED, "/secret/path", metrics, **TOKEN)):
        assert answer.headers["x-content-type-options"] == "nosniff"
    text = metrics.text().decode()
    assert 'winnow_requests_total{code="401",path="/model"} 1.0' in text
    assert 'winnow_requests_total{code="200",path="other"} 1.0' in text
    assert "secret" not in text
