"""The parts of docs/extending.md keep the contract of their registry, and train, decide or export.

Each file is written as the page shows it and imported as a plugin. The tests of the registry are called by name.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from search.plan.plan import Plan, load_plan, plan_plugins
from search.plan.plugins import load_plugins
from search.plan.trial_config import DataConfig
from search.runs.reader import open_run
from search.training.data import load_data, load_test
from search.training.losses import losses
from search.tuning.parts import schedulers
from search.tuning.vocabulary import vocabulary
from tests.docs.pages import REPOSITORY, Block, blocks
from tests.docs.programs import write_parts
from tests.docs.spaces import named
from tests.inprocess import Search
from tests.training.architectures import test_contract as of_architectures
from tests.training.augmentations import test_contract as of_augmentations
from tests.training.losses import test_losses as of_losses
from tests.training.optimizers import test_optimizers as of_optimizers
from tests.training.schedules import test_schedules as of_schedules
from tests.tuning import test_samplers as of_samplers
from tests.tuning import test_schedulers as of_schedulers
from tests.winner.formats import test_parity as of_formats

PAGE = "docs/extending.md"
SPACES = [block for block in blocks(REPOSITORY / PAGE) if block.language == "yaml"]
SMALL = ["space.architecture=cnn", "space.width=4", "space.layers=1", "space.batch_size=256"]


@pytest.fixture(autouse=True)
def _parts(tmp_path: Path, registries: None) -> None:
    """Import every file of the page, as `plugins:` does; what they register is forgotten behind the test."""
    load_plugins([tmp_path / name for name in write_parts(PAGE, tmp_path)])


def plan_of(block: Block, folder: Path, *overrides: str) -> Plan:
    """Return the plan that a space of the page becomes."""
    (path,) = named(block, folder)
    return load_plan(path, overrides=overrides, vocabulary=vocabulary(plan_plugins(path)))


def test_the_architecture_keeps_the_contract(tmp_path: Path) -> None:
    of_architectures.test_smallest_images_train_every_parameter("all_convolutional")
    of_architectures.test_initial_weights_follow_the_seed_and_saved_ones_are_restored(
        "all_convolutional", tmp_path
    )
    of_architectures.test_dropout_acts_in_training_only("all_convolutional")
    of_architectures.test_it_exports_and_says_the_same("all_convolutional")
    of_architectures.test_any_size_and_channels_give_logits("all_convolutional", (1, 9, 13))
    for shape, word in (((2, 8, 8), "channels"), ((3, 7, 8), "7×8")):
        of_architectures.test_images_that_cannot_be_taken_are_refused_in_words(
            "all_convolutional", shape, word
        )


def test_the_optimizer_keeps_the_contract() -> None:
    of_optimizers.test_steps_reduce_a_convex_loss("adamax")
    of_optimizers.test_state_restored_into_a_new_optimizer_steps_the_same("adamax")
    of_optimizers.test_weight_decay_shrinks_weights_and_leaves_biases_and_norms("adamax")


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.0), (2, 0.9), (97, 0.1), (400, 0.5)])
def test_the_schedule_keeps_the_contract(steps: int, warmup: float) -> None:
    for law in (
        of_schedules.test_factors_lie_between_zero_and_one_for_any_horizon_and_warmup,
        of_schedules.test_factors_rise_to_one_peak_and_never_rise_again,
    ):
        law.hypothesis.inner_test("polynomial", steps, warmup)


def test_the_schedule_is_torchs() -> None:
    theirs = of_schedules.torch_factors(
        lambda optimizer: torch.optim.lr_scheduler.PolynomialLR(optimizer, 100, power=0.9), 100
    )
    assert of_schedules.factors("polynomial", 100) == pytest.approx(theirs, abs=1e-9)


def test_the_loss_keeps_the_contract_and_without_its_term_is_the_cross_entropy() -> None:
    of_losses.test_loss_is_a_scalar_with_a_gradient_that_prefers_the_label("poly1")
    of_losses.test_a_mixture_of_targets_has_the_mixture_of_the_losses("poly1")
    of_losses.test_weights_multiply_the_images_before_a_mean_over_all("poly1")
    of_losses.test_the_gradient_is_finite_however_sure_a_model_is("poly1", 5)
    of_losses.test_labels_and_certain_probabilities_are_the_same_target("poly1", 5, torch.bfloat16)
    logits, labels = of_losses.some(4)
    torch.testing.assert_close(
        losses["poly1"].build(logits, labels, first_term=0.0), cross_entropy(logits, labels)
    )


def test_the_augmentation_keeps_the_contract() -> None:
    for shape in of_augmentations.SHAPES:
        of_augmentations.test_shape_dtype_and_range_are_kept_and_memory_does_not_matter(
            "gamma", shape, torch.uint8
        )
    of_augmentations.test_off_by_default_it_has_a_setting_of_its_own_name("gamma")
    of_augmentations.test_every_image_draws_its_own("gamma")
    of_augmentations.test_the_generator_decides_and_nothing_else("gamma")
    of_augmentations.test_draws_have_a_row_for_each_image("gamma")
    of_augmentations.test_it_is_of_one_kind("gamma")
    of_augmentations.test_parts_of_a_batch_are_augmented_as_the_whole.hypothesis.inner_test(
        names={"gamma", "mixup"}, fill="constant", channels=3, cut=4, seed=1
    )


def test_the_sampler_keeps_the_contract() -> None:
    of_samplers.test_it_says_what_it_is("climbing")
    of_samplers.test_it_draws_inside_the_space_branch_by_branch("climbing")
    of_samplers.test_the_same_seed_gives_the_same_search_and_another_seed_another("climbing")
    of_samplers.test_it_works_with_plain_optuna_too("climbing")


def test_the_scheduler_keeps_the_contract_and_at_half_is_the_median_rule() -> None:
    for horizon in (1, 2, 27):
        of_schedulers.test_rungs_increase_and_lie_below_the_horizon("percentile", horizon)
    of_schedulers.test_the_rungs_are_the_union_of_the_brackets.hypothesis.inner_test([27, 9], 0)
    for values in ([0.0], [1.0, -2.0, 3.0, 3.0], [-5.0, 5.0, 0.0]):
        of_schedulers.test_the_best_goes_on_and_nobody_worse_than_a_loser.hypothesis.inner_test(values, 1)
    half, known = schedulers["percentile"].build(9, percent=50.0), schedulers["median"].build(9, min_trials=1)
    mine, others = of_schedulers.standing(0.0), of_schedulers.others([-1.0, 2.0, 0.5, 7.0])
    assert half.decide(1, mine, others) == known.decide(1, mine, others)


def test_the_data_set_has_both_splits_and_is_the_same_on_every_machine(tmp_path: Path) -> None:
    config = DataConfig("circles_and_squares", validation=0.25)
    first = load_data(config, cache=tmp_path / "one")
    again = load_data(config, cache=tmp_path / "two")
    assert (first.classes, first.shape) == (("circle", "square"), (1, 16, 16))
    assert [len(part) for part in (first.train, first.validation)] == [300, 100]
    assert first.split_fingerprint == again.split_fingerprint
    assert len(load_test(config, cache=tmp_path / "one")) == 100


@pytest.mark.parametrize("block", SPACES, ids=str)
def test_a_search_trains_with_it(block: Block, tmp_path: Path) -> None:
    own = [] if "architecture: [" in block.text else SMALL
    limits = ["budget.trials=3", "budget.epochs=2", "budget.checkpoints_gb=1"]
    search = Search(plan_of(block, tmp_path, *limits, *own), tmp_path / "runs" / "one")
    search.go()
    found = open_run(tmp_path / "runs" / "one")
    assert found.progress().failures == {}
    assert found.best() is not None


def test_the_format_keeps_the_contract(tmp_path: Path) -> None:
    of_formats.test_color_images_and_the_preprocessing_inside_the_graph("ort", tmp_path)
    of_formats.test_an_ensemble_is_the_weighted_mean_of_its_members_probabilities("ort", tmp_path)
