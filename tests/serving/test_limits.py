from __future__ import annotations

import pytest

from search.serving.limits import Limits, Room
from search.serving.refused import Refused


def test_requests_above_the_limit_are_refused_and_places_come_back() -> None:
    room = Room(Limits(requests=2))
    with room.place(), room.place(), pytest.raises(Refused, match="busy"), room.place():
        pass
    with room.place(), room.place():
        assert room.requests == 2
    assert room.requests == 0


def test_bytes_of_all_requests_together_are_bounded_and_come_back() -> None:
    room = Room(Limits(bytes=10, held=25))
    with room.place() as one, room.place() as other:
        one.take(10)
        other.take(10)
        with room.place() as third, pytest.raises(Refused) as refused:
            third.take(10)
        assert refused.value.status == 429
    with room.place() as again:
        again.take(25)


def test_one_request_of_the_allowed_size_is_always_taken() -> None:
    room = Room(Limits(bytes=100, held=10))
    with room.place() as place:
        place.take(60)
        place.take(40)
