"""Grad-CAM of vision transformers: by its formula, and where it is known which patch decides."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from search.training.architectures import architectures
from search.training.architectures.padded_vit import PaddedVisionTransformer
from search.training.mirrored import Mirrored
from search.training.transfer.entrance import Entrance, Transferred
from search.winner.explain.feature_map import watching
from search.winner.explain.gradcam import gradcam, heat


def transformer(side: int = 16, *, layers: int = 2) -> PaddedVisionTransformer:
    """A small one of 4×4 pixels a patch, for grey images and 3 classes; none of its weights is 0."""
    torch.manual_seed(0)
    model = PaddedVisionTransformer(
        image_size=side,
        patch_size=4,
        num_layers=layers,
        num_heads=2,
        hidden_dim=32,
        mlp_dim=64,
        num_classes=3,
    )
    model.conv_proj = nn.Conv2d(1, 32, 4, 4)
    nn.init.normal_(model.heads.head.weight)
    return model.eval()


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def weighed(tokens: Tensor, gradient: Tensor, side: int, before: int) -> Tensor:
    """Return equations 1 and 2 of the paper for tokens (T, D), patch by patch; ``before`` them stand others."""
    patches, slopes = tokens[before:].detach(), gradient[before:]
    alpha = [float(slopes[:, channel].sum()) / side**2 for channel in range(patches.shape[1])]
    of_patch = [sum(a * float(value) for a, value in zip(alpha, patch, strict=True)) for patch in patches]
    return torch.tensor(of_patch).view(side, side).clamp(min=0)


def test_it_is_the_formula_at_what_the_last_blocks_attention_takes() -> None:
    """Oracle: the last block written out, without hooks; behind it the patches have no gradient."""
    model, image = transformer(), random(1, 16, 16)
    encoder = model.encoder
    *before, last = encoder.layers
    tokens = torch.cat([model.class_token, model.conv_proj(image[None]).flatten(2).transpose(1, 2)], dim=1)
    stream = nn.Sequential(*before)(tokens + encoder.pos_embedding).detach()
    normed = last.ln_1(stream).detach().requires_grad_()
    stream = stream + last.self_attention(normed, normed, normed, need_weights=False)[0]
    score = model.heads(encoder.ln(stream + last.mlp(last.ln_2(stream)))[:, 0])[0, 2]
    (gradient,) = torch.autograd.grad(score, normed)
    expected = weighed(normed[0], gradient[0], 4, before=1)
    assert expected.any()
    torch.testing.assert_close(gradcam(model, image, 2), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("pool", "layer", "before"), [("token", "blocks.5.norm1", 1), ("avg", "norm", 1)])
def test_of_timms_it_is_the_formula_at_the_last_tokens_whose_patches_count(
    pool: str, layer: str, before: int
) -> None:
    """With the class token what the last attention takes, with the patches' mean the end; no heads of its attention."""
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    model = timm.create_model(
        "test_vit", img_size=64, num_classes=3, global_pool=pool, fc_norm=False, qk_norm=True
    ).eval()
    image, kept = random(3, 64, 64), []
    hook = model.get_submodule(layer).register_forward_hook(lambda _m, _i, output: kept.append(output))
    score = model(image[None])[0, 1]
    hook.remove()
    (gradient,) = torch.autograd.grad(score, kept[0])
    expected = weighed(kept[0][0], gradient[0], 4, before)
    assert expected.any()
    torch.testing.assert_close(gradcam(model, image, 1), expected, rtol=1e-3, atol=1e-5)


def hinted(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Return noise of 16×16 pixels of which one patch alone says the class, its class, and which patch it is."""
    patches = 0.3 * torch.randn(count, 16, 4, 4, generator=generator)
    labels = torch.randint(0, 3, (count,), generator=generator)
    places = torch.randint(0, 16, (count,), generator=generator)
    hints = torch.tensor([[2.0, 2.0, -2.0, -2.0], [2.0, -2.0, 2.0, -2.0], [2.0, -2.0, -2.0, 2.0]])
    patches[torch.arange(count), places] += hints[labels][:, None]
    images = patches.view(count, 4, 4, 4, 4).transpose(2, 3).reshape(count, 1, 16, 16)
    return images, labels, places


def test_the_heat_lies_on_the_patch_that_alone_decides() -> None:
    model, generator = transformer(), torch.Generator().manual_seed(2)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(120):
        images, labels, _ = hinted(32, generator)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    images, labels, places = hinted(60, generator)
    with torch.inference_mode():
        assert float((model(images).argmax(dim=1) == labels).float().mean()) > 0.95
    found = [gradcam(model, one, int(label)).argmax() for one, label in zip(images, labels, strict=True)]
    hits = float((torch.stack(found) == places).float().mean())
    assert hits > 0.75, hits  # 0.9 of 300 images; the map of the patches as they are embedded finds 0.65


def test_an_image_that_is_filled_up_gets_the_part_of_the_map_that_is_its_own() -> None:
    """Oracle: the same image, filled up before."""
    model, image, square = transformer(), random(1, 9, 13), torch.zeros(1, 16, 16)
    square[:, :9, :13] = image
    expected = heat(model, square, 1)[:9, :13]
    assert expected.any()
    torch.testing.assert_close(heat(model, image, 1), expected / expected.max())
    torch.testing.assert_close(heat(Mirrored(model).eval(), image, 1).shape, expected.shape)


def test_an_image_that_is_resized_within_the_model_gets_the_whole_map() -> None:
    model, image = transformer(), random(1, 9, 13)
    behind = Transferred(Entrance(1, (1, 9, 13), (16, 16)), model).eval()
    whole = nn.functional.interpolate(gradcam(behind, image, 0)[None, None], (9, 13), mode="bilinear")[0, 0]
    assert whole.any()
    torch.testing.assert_close(heat(behind, image, 0), whole / whole.max())


class Hybrid(nn.Module):
    """A convolution whose map of 8×8 pixels becomes 2×2 patches, the mean of which decides."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.patches = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 4, 4)
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 2)

    def forward(self, images: Tensor) -> Tensor:
        tokens: Tensor = self.norm(self.patches(self.stem(images)).flatten(2).transpose(1, 2))
        logits: Tensor = self.head(tokens.mean(dim=1))
        return logits


def test_of_too_few_patches_it_is_the_last_map_of_a_fair_side() -> None:
    torch.manual_seed(0)
    assert gradcam(Hybrid(), random(1, 8, 8), 0).shape == (8, 8)
    assert gradcam(Hybrid(), random(1, 16, 16), 0).shape == (4, 4)


def test_mirrored_it_is_the_maps_of_the_image_itself() -> None:
    model, image = transformer(), random(1, 16, 16)
    torch.testing.assert_close(2 * gradcam(Mirrored(model).eval(), image, 1), gradcam(model, image, 1))


@pytest.mark.parametrize("layers", [1, 3])
def test_one_block_suffices_and_nothing_of_the_model_stays_changed(layers: int) -> None:
    model, image = transformer(layers=layers), random(1, 16, 16)
    assert gradcam(model, image, 0).shape == (4, 4)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_model_that_says_nothing_yet_has_a_map_of_zeros() -> None:
    """torchvision's begins with a last layer of zeros."""
    model = architectures["vit_tiny"].build((1, 8, 8), 3).eval()
    with watching(model) as seen:
        score = model(random(1, 1, 8, 8).requires_grad_())[0, 0]
        assert seen.found(score).map.shape == (1, 192, 4, 4)
    assert not gradcam(model, random(1, 8, 8), 0).any()
