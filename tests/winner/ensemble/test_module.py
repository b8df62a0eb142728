"""Several models as one: the mean of their probabilities, as logits."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from search.winner.ensemble.module import Ensemble


def test_its_softmax_is_the_weighted_mean_of_its_members_softmax() -> None:
    torch.manual_seed(0)
    members = [nn.Linear(6, 4), nn.Linear(6, 4), nn.Linear(6, 4)]
    shares, images = [0.5, 0.3, 0.2], torch.randn(9, 6)
    expected = sum(
        share * member(images).softmax(dim=1) for share, member in zip(shares, members, strict=True)
    )
    torch.testing.assert_close(Ensemble(members, shares)(images).softmax(dim=1), expected)


def test_one_certain_member_does_not_make_an_infinite_logit() -> None:
    sure = nn.Linear(1, 2, bias=False)
    nn.init.constant_(sure.weight[0], 1000.0)
    nn.init.constant_(sure.weight[1], -1000.0)
    assert Ensemble([sure, nn.Linear(1, 2)], [0.5, 0.5])(torch.ones(1, 1)).isfinite().all()


@pytest.mark.parametrize(("members", "shares"), [([], []), ([nn.Identity()], [0.5, 0.5])])
def test_each_member_has_a_share(members: list[nn.Module], shares: list[float]) -> None:
    with pytest.raises(ValueError, match="a share for each member"):
        Ensemble(members, shares)


def test_the_shares_are_no_part_of_the_weights() -> None:
    assert set(Ensemble([nn.Linear(2, 2)], [1.0]).state_dict()) == {"members.0.weight", "members.0.bias"}
