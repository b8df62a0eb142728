"""The running server: what it answers, what it refuses, and that nothing makes it fail, hang or grow."""

from __future__ import annotations

import base64
import io
import itertools
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from PIL import Image

import search
from search.winner.classifier import Classifier
from search.winner.description import Description
from tests.hostile_images import encoded, noise
from tests.serving.conftest import LIMITS, SHAPE, Server
from tests.serving.images import BAD, ODD

PNG = encoded(noise("RGB"), "PNG")


@pytest.fixture(scope="module")
def classifier(bundle: Path) -> Classifier:
    return search.load(bundle)


def files(*images: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("images", (f"{place}.png", image, "image/png")) for place, image in enumerate(images)]


def document(*images: bytes) -> dict[str, list[str]]:
    return {"images": [base64.b64encode(image).decode() for image in images]}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_image_gets_the_answer_of_the_model_itself(
    name: str, server: Server, classifier: Classifier
) -> None:
    answer = server.post(files=files(ODD[name]), params={"top": 5})
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    expected = dict(classifier.predict([ODD[name]])[0].top(5))
    found = {one["label"]: one["probability"] for one in result["predictions"]}
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert list(found.values()) == sorted(found.values(), reverse=True)


@pytest.mark.parametrize("name", BAD)
def test_a_hostile_image_is_refused_in_one_sentence(name: str, server: Server) -> None:
    answer = server.post(files=files(PNG, BAD[name]))
    assert (answer.status_code, answer.json()["status"]) == (422, 422)
    assert answer.json()["error"].startswith("1.png: ")
    assert "\n" not in answer.json()["error"]


def test_a_form_and_a_document_are_answered_alike(server: Server) -> None:
    images = [encoded(noise("RGB", (side, 9)), "PNG") for side in (3, 12, 40)]
    form, text = (
        server.post(**how).json() for how in ({"files": files(*images)}, {"json": document(*images)})
    )
    assert [one["image"] for one in form["results"]] == ["0.png", "1.png", "2.png"]
    assert [one["image"] for one in text["results"]] == ["image 1", "image 2", "image 3"]
    assert [one["predictions"] for one in form["results"]] == [one["predictions"] for one in text["results"]]


def test_a_file_name_is_no_path_and_comes_back_as_it_is(server: Server) -> None:
    for name in ("../../etc/passwd", "ä\u202e.png", "a" * 255):
        answer = server.post(files=[("images", (name, PNG, "image/png"))])
        assert answer.json()["results"][0]["image"] == name


def test_half_a_character_does_no_harm(server: Server) -> None:
    body = b'{"images": [], "\\ud800": 1}'
    answer = server.post(content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert r"\ud800" in answer.json()["error"]


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"files": files(*[PNG] * (LIMITS["images"] + 1))}, 422),
        ({"json": document(*[PNG] * (LIMITS["images"] + 1))}, 422),
        ({"content": b"x" * (LIMITS["bytes"] + 1), "headers": {"content-type": "application/json"}}, 413),
        ({"content": PNG, "headers": {"content-type": "image/png"}}, 415),
        ({"content": b"[" * 150_000, "headers": {"content-type": "application/json"}}, 400),
        ({"files": files(PNG), "params": {"top": 0}}, 422),
        ({"files": files(PNG), "params": {"top": "many"}}, 422),
        ({}, 415),
    ],
)
def test_a_bad_request_is_refused_in_one_form(how: dict[str, object], status: int, server: Server) -> None:
    answer = server.post(**how)
    assert answer.status_code == status
    assert set(answer.json()) == {"status", "error"}


def test_a_body_without_a_length_is_read_no_further_than_allowed(server: Server) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 2**16
            yield b"x" * 2**16

    with pytest.raises(httpx.WriteError), httpx.Client() as client:
        _until_answered(client, server.url, endless())
    assert sent < 50 * 2**20


def _until_answered(client: httpx.Client, url: str, body: Iterator[bytes]) -> None:
    """Send a body and look for the answer meanwhile: who has been refused stops sending."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(
            f"POST /predict HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        for chunk in itertools.islice(body, 20):
            connection.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")
    raise httpx.WriteError("answered")


@pytest.mark.parametrize("method", ["gradcam", "integrated_gradients", "occlusion", "features"])
def test_an_explanation_is_a_picture(method: str, server: Server) -> None:
    answer = server.post("/explain", files=files(PNG), params={"method": method, "label": "class 2"})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["label"], said["method"], said["image"]) == ("class 2", method, "0.png")
    with Image.open(io.BytesIO(base64.b64decode(said["picture"]))) as picture:
        picture.load()
        assert picture.format == "PNG"


def test_the_likeliest_class_is_explained_where_none_is_named(server: Server, classifier: Classifier) -> None:
    assert server.post("/explain", files=files(PNG)).json()["label"] == classifier.predict([PNG])[0].label


@pytest.mark.parametrize("params", [{"method": "magic"}, {"label": "class 9"}])
def test_an_unknown_explanation_is_refused(params: dict[str, str], server: Server) -> None:
    assert server.post("/explain", files=files(PNG), params=params).status_code == 422
    assert server.post("/explain", files=files(PNG, PNG)).status_code == 422


def test_requests_of_many_clients_share_batches_and_are_counted(server: Server) -> None:
    def counted(name: str) -> float:
        lines = server.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(name + " "))

    images, batches = counted("winnow_images_total"), counted("winnow_batch_images_count")
    with ThreadPoolExecutor(32) as clients, httpx.Client(timeout=60) as client:
        asked = [
            clients.submit(client.post, server.url + "/predict", files=files(*[PNG] * 4)) for _ in range(64)
        ]
        assert {one.result().status_code for one in asked} == {200}
    assert counted("winnow_images_total") - images == 256
    assert counted("winnow_batch_images_count") - batches < 128
    assert counted("winnow_images_waiting") == 0


def test_the_model_is_described(server: Server, bundle: Path) -> None:
    said = server.get("/model").json()
    description = Description.read(bundle / "config.json")
    assert (tuple(said["classes"]), tuple(said["shape"])) == (description.classes, SHAPE)
    assert said["limits"] == LIMITS
    assert said["engine"] == "ONNX Runtime"
    assert len(said["files"]["model.onnx"]) == 64
    assert server.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/", "GET", 404), ("/predict/", "POST", 404), ("/predict", "GET", 405), ("/docs", "GET", 404)],
)
def test_a_path_that_is_not_there_is_told(path: str, method: str, status: int, server: Server) -> None:
    answer = httpx.request(method, server.url + path)
    assert answer.status_code == status
    assert answer.json()["status"] == status


def test_a_foreign_name_is_refused(server: Server) -> None:
    assert server.get("/model", headers={"host": "evil.example"}).status_code == 400


def test_its_ports_are_those_of_this_machine_alone(server: Server) -> None:
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    listening = {
        connection.laddr.ip
        for process in family
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening
    assert listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_its_memory_is_bounded_whatever_is_sent(server: Server) -> None:
    hostile = b'{"images": [' + b'"' + b"A" * (LIMITS["bytes"] - 100) + b'"]}'
    large = encoded(noise("RGBA", (1000, 1000)), "PNG", compress_level=1)[: LIMITS["bytes"] - 1000]

    def attack() -> None:
        for _ in range(15):
            server.post(content=hostile, headers={"content-type": "application/json"})
            server.post(files=files(large))

    attack()
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    attackers = [threading.Thread(target=attack) for _ in range(4)]
    for one in attackers:
        one.start()
    for one in attackers:
        one.join()
    assert process.memory_info().rss - before < 100 * 2**20
    assert server.get("/health").status_code == 200
