"""What `auto` means."""

from __future__ import annotations

import pytest
import torch

from search.training import devices

CPU = torch.device("cpu")


def test_named_devices_are_taken_as_they_are() -> None:
    assert devices.resolve_device("cpu") == CPU
    assert devices.resolve_device("cuda:1") == torch.device("cuda", 1)
    assert devices.resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("side", [8, 15, 16, 32])
def test_bfloat16_on_a_cpu_where_it_is_native_and_images_are_not_tiny(
    native: bool, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_cpu_has_bfloat16", lambda: native)
    expected = torch.bfloat16 if native and side >= 16 else torch.float32
    assert devices.autocast_dtype("auto", CPU, side) is expected
    assert devices.autocast_dtype("float32", CPU, side) is torch.float32
    assert devices.autocast_dtype("bfloat16", CPU, side) is torch.bfloat16
