"""One function for all heat maps: their range, their size, their target, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from search.training.architectures import architectures
from search.training.data.image_file import UnreadableImage
from search.training.data.source import Images
from search.winner.classifier import Classifier
from search.winner.ensemble.module import Ensemble
from search.winner.explain import HEAT_METHODS, explain, feature_maps
from search.winner.explain.picture import explanation_picture
from search.winner.explanations import METHODS


@pytest.mark.parametrize("method", HEAT_METHODS)
def test_a_map_has_the_models_size_and_its_greatest_magnitude_is_1(
    classifier: Classifier, image: Images, method: str
) -> None:
    found = explain(classifier, image, 3, method)
    assert (found.shape, found.dtype) == ((8, 8), np.float32)
    assert np.abs(found).max() == pytest.approx(1)
    assert found.min() >= (0 if method == "gradcam" else -1)


@pytest.mark.parametrize("method", HEAT_METHODS)
def test_without_a_target_it_is_the_predicted_class(
    classifier: Classifier, image: Images, method: str
) -> None:
    (said,) = classifier.predict([image])
    target = classifier.classes.index(said.label)
    assert np.array_equal(
        explain(classifier, image, None, method), explain(classifier, image, target, method)
    )
    assert np.array_equal(
        explain(classifier, classifier.preprocess(image), None, method),
        explain(classifier, image, None, method),
    )


def test_black_pixels_get_nothing_from_integrated_gradients(classifier: Classifier, image: Images) -> None:
    assert not explain(classifier, image, None, "integrated_gradients")[image[..., 0] == 0].any()


def test_covering_what_matters_matters_more_than_covering_the_rest(
    classifier: Classifier, image: Images
) -> None:
    """The pixels that occlusion finds strongest cost more of the score than as many of the weakest."""
    found, seen = explain(classifier, image, None, "occlusion").ravel(), classifier.preprocess(image)
    order = found.argsort()
    with torch.inference_mode():
        target = int(classifier(seen[None]).argmax())
        scores = []
        for rows in (order[-12:], order[:12]):
            covered = seen.clone().reshape(1, -1)
            covered[:, rows.copy()] = 0
            scores.append(float(classifier(covered.view(1, 1, 8, 8))[0, target]))
    assert scores[0] < scores[1]


def test_what_cannot_be_explained_is_refused_in_a_sentence(classifier: Classifier, image: Images) -> None:
    with pytest.raises(ValueError, match="did you mean 'occlusion'"):
        explain(classifier, image, 0, "oclusion")
    with pytest.raises(ValueError, match="`0 <= target < 10` must hold, but got target=10"):
        explain(classifier, image, 10)
    with pytest.raises(UnreadableImage):
        explain(classifier, b"none", 0)


def test_feature_maps_come_strongest_first(classifier: Classifier, image: Images) -> None:
    found = feature_maps(classifier, image, most=5)
    strengths = np.abs(found).mean(axis=(1, 2))
    assert found.shape == (5, 4, 4)
    assert (np.diff(strengths) <= 0).all()
    every = feature_maps(classifier, image, most=1000)
    assert len(every) == 32
    assert np.array_equal(every[:5], found)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_that_is_named_is_drawn(classifier: Classifier, image: Images, method: str) -> None:
    picture = explanation_picture(classifier, image, 0, method)
    assert picture.mode == "RGB"
    assert min(picture.size) > 100
    assert len(np.unique(np.asarray(picture.resize((60, 60))).reshape(-1, 3), axis=0)) > 20


def test_the_methods_that_are_named_are_those_that_there_are() -> None:
    assert set(METHODS) == {*HEAT_METHODS, "features"}


@pytest.mark.parametrize("method", METHODS)
def test_an_ensemble_is_explained_as_well(image: Images, method: str) -> None:
    members = [
        architectures["cnn"].build((1, 8, 8), 10, width=4),
        architectures["lenet5"].build((1, 8, 8), 10),
    ]
    known = {"classes": "0123456789", "shape": (1, 8, 8), "mean": (0.3,), "std": (0.4,)}
    several = Classifier(Ensemble(members, [0.6, 0.4]), **known).eval()
    assert explanation_picture(several, image, 4, method).mode == "RGB"
