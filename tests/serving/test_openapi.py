"""The live OpenAPI document: what it allows is answered as it says, and what it does not is refused as it says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.serving.conftest import Server

OPERATIONS = [
    ("/predict", "POST"),
    ("/explain", "POST"),
    ("/health", "GET"),
    ("/model", "GET"),
    ("/metrics", "GET"),
]


@pytest.fixture(scope="module")
def document(server: Server) -> Any:
    return schemathesis.openapi.from_url(server.url + "/openapi.json")


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_document_holds_for_whatever_is_sent(
    path: str, method: str, mode: GenerationMode, document: Any
) -> None:
    operation = document[path][method]
    if mode.is_negative and method == "GET":
        return  # nothing can be wrong with it: it has no parameters

    @settings(
        max_examples=20 if method == "POST" else 3, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        # A text or a file of any bytes is allowed by the document, and still no image: 422.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    check()


def test_every_endpoint_is_documented_with_its_failures(server: Server) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/predict", "/explain", "/health", "/metrics", "/model"}
    assert {"200", "400", "408", "413", "415", "422", "429"} <= set(paths["/predict"]["post"]["responses"])
