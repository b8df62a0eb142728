from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.serving.limits import Limits
from search.serving.refused import Refused
from search.serving.upload import Upload, uploads

LIMITS = Limits(images=3)
JSON = "application/json"
FORM = "multipart/form-data; boundary=xyz"


def read(body: bytes, kind: str) -> list[Upload]:
    return uploads(body, kind, LIMITS)


def part(data: bytes, disposition: str = 'name="images"; filename="a.png"') -> bytes:
    return f"--xyz\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--xyz--\r\n"


def document(*images: Any) -> bytes:
    return json.dumps({"images": images}).encode()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=3))
def test_what_was_sent_comes_out_in_its_order(images: list[bytes]) -> None:
    sent = document(*(base64.b64encode(image).decode() for image in images))
    assert [one.data for one in read(sent, JSON)] == images
    whole = [image.replace(b"--xyz", b"") for image in images]
    assert [one.data for one in read(form(*map(part, whole)), FORM)] == whole


def test_a_form_of_more_than_a_piece_is_whole() -> None:
    data = bytes(range(256)) * 2000
    assert read(form(part(data), part(b"2")), FORM) == [Upload("a.png", data), Upload("a.png", b"2")]


def test_base64_may_be_a_data_url() -> None:
    assert read(document("data:image/png;base64,AAEC"), JSON) == [Upload("image 1", b"\0\1\2")]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="images"; filename="../../etc/passwd"', "../../etc/passwd"),
        ('name="images"; filename=""', "image 1"),
        ('name="images"; filename="' + "x" * 400 + '"', "x" * 255),
    ],
)
def test_a_name_is_only_a_name(disposition: str, name: str) -> None:
    assert read(form(part(b"1", disposition)), FORM)[0].name == name


@pytest.mark.parametrize(
    ("body", "kind", "status", "sentence"),
    [
        (b"{", JSON, 400, "no JSON document"),
        (b"\xff\xfe", JSON, 400, "no JSON document"),
        (b"[" * 100_000, JSON, 400, "far more parts"),
        (b'{"images": [' + b"[]," * 50_000 + b"1]}", JSON, 400, "far more parts"),
        (b'{"images": [' + b"1" * 5000 + b"]}", JSON, 400, "no JSON document"),
        (b"[]", JSON, 422, "is expected"),
        (b'{"images": "AAEC"}', JSON, 422, "is expected"),
        (b'{"images": ["AAEC"], "more": 1}', JSON, 422, "'more'"),
        (document(1), JSON, 422, "not a text"),
        (document("AAEC", "?"), JSON, 422, "Image 2 of the request is not base64"),
        (document("ä"), JSON, 422, "not base64"),
        (document(), JSON, 422, "no image"),
        (document(*["AAEC"] * 4), JSON, 422, "At most 3 images"),
        (form(*[part(b"1")] * 4), FORM, 422, "At most 3 images"),
        (form(*[part(b"1")] * 9), FORM, 422, "At most 3 images"),
        (form(), FORM, 422, "no image"),
        (b"", FORM, 400, "cannot be read"),
        (form(part(b"1", 'name="other"; filename="a"')), FORM, 422, "'other'"),
        (form(part(b"1", 'name="images"')), FORM, 422, "no file"),
        (form(part(b"1", 'filename="a"')), FORM, 422, "named ''"),
        (form(part(b"1"))[:-8], FORM, 400, "last boundary"),
        (b"--xyz\r\n" + b"x" * 100, FORM, 400, "cannot be read"),
        (form(part(b"1")), "multipart/form-data", 400, "cannot be read"),
        (form(part(b"1")), FORM + "; charset=no-such", 200, ""),
        (form(part(b"1")), FORM + "; charset=zlib", 200, ""),
        (b"x", "image/png", 415, "but got image/png"),
        (b"x", "", 415, "no content type"),
    ],
)
def test_what_is_damaged_is_refused_in_one_sentence(
    body: bytes, kind: str, status: int, sentence: str
) -> None:
    if status == 200:
        assert len(read(body, kind)) == 1
        return
    with pytest.raises(Refused) as refused:
        read(body, kind)
    assert refused.value.status == status
    assert sentence in refused.value.sentence
    assert "\n" not in refused.value.sentence


def outcome(body: bytes, kind: str) -> int:
    """Return how many images there are, or the status of the refusal."""
    try:
        return len(read(body, kind))
    except Refused as refused:
        return refused.status


@settings(max_examples=150, deadline=None)
@given(
    body=st.one_of(
        st.binary(max_size=300),
        st.lists(st.sampled_from([part(b"1"), b"--xyz", b"\r\n", b"--", b":", b'name="images"', b"\0"])).map(
            b"".join
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["images", "x"]), inner)
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    kind=st.sampled_from([JSON, FORM, "text/plain", "multipart/form-data; boundary="]),
)
def test_whatever_comes_is_images_or_a_refusal(body: bytes, kind: str) -> None:
    assert outcome(body, kind) in {1, 2, 3, 400, 413, 415, 422}
