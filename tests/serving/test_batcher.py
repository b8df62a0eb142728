from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.serving.batcher import Batcher, Probabilities
from search.serving.refused import Refused
from search.training.data.source import Images


class Model:
    """Says of each image its first pixel; keeps the sizes of its batches, and waits for `gate` before it answers."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.running = 0
        self.most = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, images: Images) -> Probabilities:
        self.sizes.append(len(images))
        self.running += 1
        self.most = max(self.most, self.running)
        await self.gate.wait()
        await asyncio.sleep(0)
        self.running -= 1
        return images[:, 0, 0].astype(np.float32)


def image(value: int) -> Images:
    return np.full((2, 2, 1), value, np.uint8)


def run(work: Callable[[Batcher, Model], Awaitable[None]], **options: float) -> Model:
    async def go() -> Model:
        model = Model()
        batcher = Batcher(model, **{"wait": 0.01, **options})  # type: ignore[arg-type]
        task = asyncio.create_task(batcher.run())
        await work(batcher, model)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return model

    return asyncio.run(go())


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.integers(0, 255), max_size=40),
    largest=st.integers(1, 9),
    at_once=st.integers(1, 3),
)
def test_everyone_gets_his_own_answer_and_no_batch_is_too_large(
    values: list[int], largest: int, at_once: int
) -> None:
    async def work(batcher: Batcher, _model: Model) -> None:
        rows = await asyncio.gather(*(batcher(image(value)) for value in values))
        assert [int(row[0]) for row in rows] == values

    model = run(work, largest=largest, at_once=at_once, wait=0.0)
    assert sum(model.sizes) == len(values)
    assert max(model.sizes, default=1) <= largest
    assert model.most <= at_once


def test_images_gather_while_the_model_computes() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        model.gate.clear()
        asked = [asyncio.create_task(batcher(image(value))) for value in range(20)]
        await asyncio.sleep(0.05)
        model.gate.set()
        await asyncio.gather(*asked)

    assert run(work, largest=8, at_once=1).sizes == [8, 8, 4]


def test_who_comes_alone_does_not_wait() -> None:
    async def work(batcher: Batcher, _model: Model) -> None:
        async with asyncio.timeout(5):  # far below the wait
            for value in range(3):
                await batcher(image(value))

    assert run(work, wait=1000.0).sizes == [1, 1, 1]


def test_a_batch_that_is_not_full_leaves_when_its_time_is_over() -> None:
    async def work(batcher: Batcher, _model: Model) -> None:
        await asyncio.gather(*(batcher(image(value)) for value in range(3)))
        await asyncio.gather(*(batcher(image(value)) for value in range(3)))

    assert run(work, largest=100).sizes == [3, 3]


def test_an_image_whose_client_has_gone_is_not_computed() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        model.gate.clear()
        first = asyncio.create_task(batcher(image(1)))
        await asyncio.sleep(0.02)
        gone, stays = (asyncio.create_task(batcher(image(value))) for value in (2, 3))
        await asyncio.sleep(0)
        gone.cancel()
        model.gate.set()
        await asyncio.gather(first, stays)

    assert run(work, at_once=1).sizes == [1, 1]


def test_the_failure_of_a_batch_is_told_to_each_and_the_next_goes_on() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        async def fail(_images: Images) -> Probabilities:
            raise Refused(503, "away")

        batcher._classify = fail
        found = await asyncio.gather(*(batcher(image(1)) for _ in range(3)), return_exceptions=True)
        assert [str(one) for one in found] == ["away"] * 3
        batcher._classify = model
        assert (await batcher(image(7)))[0] == 7

    run(work)


def test_too_many_are_refused_and_not_kept() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        model.gate.clear()
        asked = [asyncio.create_task(batcher(image(0)))]
        while not model.running:
            await asyncio.sleep(0.001)
        asked += [asyncio.create_task(batcher(image(value))) for value in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(Refused) as refused:
            await batcher(image(9))
        assert refused.value.status == 429
        model.gate.set()
        await asyncio.gather(*asked)

    run(work, largest=1, at_once=1, most_waiting=5)
