"""The images of a request: files of a form, or a JSON document with base64."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from search.serving.form import parts_of
from search.serving.limits import Limits
from search.serving.refused import Refused

FORM, JSON = "multipart/form-data", "application/json"
EXPECTED = f"{FORM} with files named `images`, or {JSON} with a list `images` of base64 text, is expected"

LONGEST_NAME = 255
"""Characters of a file's name that come back: the longest of any common file system."""

SIGNS = (b"[", b"{", b",", b":")
"""What a JSON document's size in memory grows with: 10 MB of `[],` take 200 MB as Python's lists."""


@dataclass(frozen=True)
class Upload:
    """An encoded image: what the answer calls it, and its bytes."""

    name: str
    data: bytes


def uploads(body: bytes, content_type: str, limits: Limits) -> list[Upload]:
    """Return the images of a request's body, in their order.

    Args:
        body: of the request.
        content_type: its header.
        limits: on the number of images.

    Raises:
        Refused: it is of another type, damaged, or has no images or too many.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == FORM:
        found = _of_form(body, content_type, limits)
    elif kind == JSON:
        found = _of_json(body, limits)
    else:
        raise Refused(415, f"{EXPECTED}, but got {kind[:80] or 'no content type'}.")
    if not found:
        raise Refused(422, f"There is no image in the request: {EXPECTED}.")
    return found


def _of_form(body: bytes, content_type: str, limits: Limits) -> list[Upload]:
    parts = parts_of(body, content_type, limits.images)
    if any(part.filename is None for part in parts):
        raise Refused(422, "A form with files named `images` is expected, but got a field that is no file.")
    if strange := [part.name for part in parts if part.name != "images"]:
        raise Refused(422, f"Files named `images` are expected, but got one named {strange[0][:80]!r}.")
    _refuse_many(len(parts), limits)
    return [
        Upload((part.filename or "")[:LONGEST_NAME] or f"image {place}", bytes(part.data))
        for place, part in enumerate(parts, start=1)
    ]


def _of_json(body: bytes, limits: Limits) -> list[Upload]:
    if sum(map(body.count, SIGNS)) > 4 * limits.images + 16:
        raise Refused(400, f"The JSON document has far more parts than a list of {limits.images} images.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"The body is no JSON document: {str(error).splitlines()[0]}") from error
    images = document.get("images") if isinstance(document, dict) else None
    if not isinstance(images, list):
        raise Refused(422, 'A JSON document {"images": ["<base64>", …]} is expected.')
    if unknown := [name for name in document if name != "images"]:
        raise Refused(422, f"The JSON document has an unknown key {unknown[0][:80]!r}; `images` is expected.")
    _refuse_many(len(images), limits)
    return [Upload(f"image {place}", _decoded(text, place)) for place, text in enumerate(images, start=1)]


def _refuse_many(count: int, limits: Limits) -> None:
    if count > limits.images:
        raise Refused(422, f"At most {limits.images} images in a request are expected, but got {count}.")


def _decoded(text: Any, place: int) -> bytes:
    if not isinstance(text, str):
        raise Refused(422, f"Image {place} of the request is not a text in base64.")
    plain = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(422, f"Image {place} of the request is not base64: {error}") from error
