"""Stints are laid on nodes as Ray lays them: none on two nodes, a share of a GPU on one GPU."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.tuning.capacity import Need, Node, places

GIB = 2**30
BOX = Node(cpus=8, gpus=2, memory=16 * GIB, id="box")
SMALL = Node(cpus=2, memory=4 * GIB, id="small")
HEAD = Node(cpus=0, memory=64 * GIB, id="head")


@pytest.mark.parametrize(
    ("nodes", "need", "expected"),
    [
        ([BOX, SMALL, HEAD], Need(1), 10),
        ([HEAD], Need(1), 0),
        ([BOX, SMALL], Need(3), 2),
        ([BOX], Need(1, gpus=1), 2),
        ([BOX], Need(1, gpus=0.6), 2),
        ([BOX], Need(0.5, gpus=0.125), 16),
        ([BOX], Need(1, gpus=0.125), 8),
        ([BOX], Need(1, gpus=2), 1),
        ([BOX, BOX], Need(1, gpus=3), 0),
        ([BOX], Need(0.1, gpus=0.1), 20),
        ([BOX, SMALL], Need(1, memory=3 * GIB), 6),
        ([BOX, SMALL], Need(1, avoid=("box",)), 2),
        ([Node(4)], Need(1, avoid=("box",)), 4),
    ],
)
def test_as_many_stints_fit_as_whole_ones_lie_on_each_node(
    nodes: list[Node], need: Need, expected: int
) -> None:
    assert places(nodes, need) == expected


@given(
    st.integers(1, 4),
    st.integers(0, 3),
    st.sampled_from(
        [Fraction(1, 8), Fraction(1, 4), Fraction(1, 3), Fraction(1, 2), Fraction(1), Fraction(2)]
    ),
)
def test_gpus_hold_as_many_as_a_search_through_all_ways_to_lay_them_finds(
    cpus: int, gpus: int, share: Fraction
) -> None:
    def most(free: tuple[Fraction, ...], cores: int) -> int:
        """Lay one more stint on each GPU that has room, or on each pair that is whole."""
        if not cores:
            return 0
        ways = [0]
        if share <= 1:
            for index, left in enumerate(free):
                if left >= share and left not in free[:index]:
                    ways.append(1 + most((*free[:index], left - share, *free[index + 1 :]), cores - 1))
        else:
            for one, other in product(range(len(free)), repeat=2):
                if one < other and free[one] == free[other] == 1:
                    rest = tuple(left for index, left in enumerate(free) if index not in (one, other))
                    ways.append(1 + most(rest, cores - 1))
        return max(ways)

    expected = most((Fraction(1),) * gpus, cpus)
    assert places([Node(cpus, gpus)], Need(1, float(share))) == expected


def test_a_whole_gpu_is_kept_whole_for_who_needs_one() -> None:
    beside = [Need(1, 0.5), Need(1, 1.0), Need(1, 0.5)]
    assert places([BOX], Need(1, 0.25), beside=beside) == 3
    assert places([BOX], Need(1, 0.25), beside=beside[:2]) == 2 + 2


def test_what_finds_no_place_beside_takes_none_and_counts_for_none() -> None:
    assert places([BOX], Need(1, 0.5), beside=[Need(1, 4.0)]) == 4
