"""What the server takes and answers, for its OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from search.serving.limits import Limits
from search.serving.upload import FORM, JSON


class Guess(BaseModel):
    """A class, and how likely it is."""

    label: str
    probability: float = Field(ge=0, le=1)


class Result(BaseModel):
    """An image of the request, and its likeliest classes, the likeliest first."""

    image: str = Field(description="its file name, or `image N`, counted from 1")
    predictions: list[Guess]


class Predictions(BaseModel):
    """The answer to /predict: one result for each image, in their order."""

    results: list[Result]


class Explanation(BaseModel):
    """The answer to /explain."""

    image: str
    label: str = Field(description="the class that is explained")
    probability: float = Field(ge=0, le=1)
    method: str
    picture: str = Field(description="a PNG image in base64", json_schema_extra={"contentEncoding": "base64"})


class Health(BaseModel):
    """The answer to /health."""

    status: str


class Accuracy(BaseModel):
    """How good the model was on images that it was not trained on."""

    split: str
    images: int
    value: float = Field(ge=0, le=1)
    interval: tuple[float, float] = Field(
        description="95 %, Wilson: of these images alone, not of the choice"
    )


class Model(BaseModel):
    """The answer to /model."""

    classes: list[str]
    shape: tuple[int, int, int] = Field(description="channels, height, width that the model sees")
    architecture: str
    members: int = Field(description="models whose mean this is: 1, or more of an ensemble")
    run: str
    trial: int
    epoch: int
    accuracy: Accuracy | None = Field(description="null where the export did not measure it")
    temperature: float
    engine: str
    methods: list[str] = Field(description="that /explain knows")
    limits: dict[str, float]
    versions: dict[str, str]
    files: dict[str, str] = Field(description="SHA-256 by name")


class Failure(BaseModel):
    """The answer to a request that cannot be answered."""

    status: int = Field(description="of HTTP, once more")
    error: str = Field(description="one sentence: what was found, what is expected")


SENTENCES = {
    400: "The request is damaged, or for another host.",
    401: "The token is missing or wrong.",
    403: "A page of another site has sent it.",
    404: "There is no such path.",
    405: "The path is there, but not for this method.",
    408: "The request took too long to arrive.",
    413: "The request has too many bytes.",
    415: "The content is of another type.",
    422: "A value is none that is expected, there are too many images, or one cannot be read.",
    429: "The server is busy; try again.",
    503: "The model is not running.",
}


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how an endpoint may refuse, as FastAPI documents it."""
    return {status: {"model": Failure, "description": SENTENCES[status]} for status in statuses}


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
"""A PNG image of one black pixel."""


def body(limits: Limits, *, single: bool) -> dict[str, Any]:
    """Return the body of a request with images as OpenAPI describes it.

    Args:
        limits: on the number of images.
        single: whether exactly one image is expected.
    """
    most = 1 if single else limits.images
    listed = {"type": "array", "minItems": 1, "maxItems": most}
    form = {**listed, "items": {"type": "string", "format": "binary"}}
    text = {
        **listed,
        "items": {"type": "string", "contentEncoding": "base64", "description": "an image file"},
    }
    rest = {"type": "object", "required": ["images"], "additionalProperties": False}
    return {
        "requestBody": {
            "required": True,
            "content": {
                FORM: {"schema": {**rest, "properties": {"images": form}}},
                JSON: {"schema": {**rest, "properties": {"images": text}}, "example": {"images": [PIXEL]}},
            },
        }
    }
