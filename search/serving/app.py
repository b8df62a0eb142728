"""The HTTP interface: which path takes what, and how everything that goes wrong is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import search
from search.serving.metrics import MEDIA_TYPE, PATHS
from search.serving.refused import Answer, Refused, phrase, refusal
from search.serving.schema import Explanation, Health, Model, Predictions, body, failures
from search.serving.service import Service

MOST_CLASSES = 1000
"""Of an image's answer."""

COMMON = (400, 401, 403, 408, 413, 415, 422, 429, 503)

Top = Annotated[int, Query(ge=1, le=MOST_CLASSES, description="the likeliest classes of each image, at most")]
Method = Annotated[Literal["gradcam", "integrated_gradients", "occlusion", "features"], Query()]
Label = Annotated[
    str | None, Query(description="the class to explain; left out: the likeliest", max_length=500)
]


def application(service: Service, model: Model, *, protected: bool) -> FastAPI:
    """Return the interface to a service.

    Args:
        service: answers.
        model: what /model says.
        protected: whether a token is asked for, by the gate before this.
    """

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        batches = asyncio.create_task(service.run())
        yield
        batches.cancel()
        with suppress(asyncio.CancelledError):
            await batches

    app = FastAPI(
        title="Winnow",
        description="An image classifier. Errors are JSON with one sentence.",
        version=search.__version__,
        lifespan=running,
        redirect_slashes=False,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        servers=[{"url": "/"}],
    )
    _predictions(app, service)
    _about(app, service, model)
    _failures(app)
    if protected:
        _document_token(app)
    return app


def _predictions(app: FastAPI, service: Service) -> None:
    @app.post(
        "/predict",
        response_model=Predictions,
        responses=failures(*COMMON),
        openapi_extra=body(service.limits, single=False),
    )
    async def predict(request: Request, top: Top = 5) -> Response:
        """Classify images."""
        return Answer(await service.predict(request, top))

    @app.post(
        "/explain",
        response_model=Explanation,
        responses=failures(*COMMON),
        openapi_extra=body(service.limits, single=True),
    )
    async def explain(request: Request, method: Method = "gradcam", label: Label = None) -> Response:
        """Draw which parts of an image speak for a class."""
        return Answer(await service.explain(request, method, label))


def _about(app: FastAPI, service: Service, model: Model) -> None:
    said = model.model_dump(mode="json")

    @app.get("/health", response_model=Health, responses=failures(400, 403, 503))
    async def health() -> Response:
        """Say whether the model answers."""
        await service.engine()
        return Answer({"status": "ok"})

    @app.get("/model", response_model=Model, responses=failures(400, 401, 403))
    async def about() -> Response:
        """Say what the model is, and what a request may have."""
        return Answer(said)

    @app.get(
        "/metrics",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **failures(400, 401, 403),
        },
    )
    async def metrics() -> Response:
        """Return the server's own counters for Prometheus."""
        return Response(service.metrics.text(), media_type=MEDIA_TYPE)


def _failures(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> Response:
        return refusal(error.status, error.sentence)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        return refusal(422, _sentence(error))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            known = ", ".join(PATHS)
            sentence = f"There is no {request.url.path[:80]!r} here; known are {known}."
        elif error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "another method")
            sentence = f"{request.url.path} takes {allowed}, not {request.method[:20]}."
        else:
            sentence = f"{phrase(error.status_code)}."
        return refusal(error.status_code, sentence, dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, _error: Exception) -> Response:
        # Starlette raises it again behind the answer, so that the operator's log has where it came from.
        return refusal(500, "The server has failed at this request; its log says where.")


def _sentence(error: RequestValidationError) -> str:
    first = error.errors()[0]
    name = str(first["loc"][-1])
    hint = f", but got {str(first['input'])[:80]!r}" if isinstance(first.get("input"), str) else ""
    return f"`{name}`: {first['msg'][:200]}{hint}."


def _document_token(app: FastAPI) -> None:
    document = app.openapi()
    document.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    document["paths"]["/health"]["get"]["security"] = []
