"""How an epoch is cut into batches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.training.recipe import Recipe


@given(st.integers(2, 5000), st.integers(2, 600))
def test_batches_hold_every_image_in_sizes_that_differ_by_one(images: int, batch_size: int) -> None:
    sizes = Recipe(batch_size=batch_size).batches(images)
    assert sum(sizes) == images
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 2  # batch norm needs two
    assert max(sizes) <= max(batch_size, 3)  # 3 where two images are asked for and their number is odd


@given(st.integers(3, 5000), st.integers(3, 600))
def test_batches_are_as_few_as_the_size_allows(images: int, batch_size: int) -> None:
    assert len(Recipe(batch_size=batch_size).batches(images)) == -(-images // batch_size)
