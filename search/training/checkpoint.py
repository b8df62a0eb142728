"""A trial's state on disk: one file, written whole, read back with ``weights_only=True``."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from search.plan.trial_config import TrialConfig
from search.training.atomic import written_atomically
from search.training.errors import CheckpointError

FORMAT = 2


def save_checkpoint(path: Path, config: TrialConfig, images: str, state: dict[str, Any]) -> None:
    """Write a checkpoint; it appears whole or not at all.

    Args:
        path: the file.
        config: of the trial; the checkpoint can be continued with an equal one only.
        images: the `Data.split_fingerprint` of what it was trained on, likewise.
        state: nested dictionaries and lists of tensors, numbers and strings.

    Raises:
        OSError: the file system refused; an earlier checkpoint of that name is untouched.
    """
    document = {"format": FORMAT, "config": json.dumps(config.to_json()), "images": images, **state}
    with written_atomically(path) as handle:
        torch.save(document, handle)


def load_checkpoint(path: Path, config: TrialConfig, images: str) -> dict[str, Any]:
    """Read a checkpoint of this very configuration and these very images.

    Args:
        path: the file.
        config: of the trial that is to go on.
        images: the `Data.split_fingerprint` of what it is to go on with.

    Returns:
        The state, all tensors on the CPU.

    Raises:
        CheckpointError: the file is missing, damaged, of another format, or of another configuration, seed or
            split; with other images it would be validated on some that it was trained on.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"the checkpoint {path} does not exist") from None
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"the checkpoint {path} cannot be read: {error}") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(f"{path} is no checkpoint of format {FORMAT}")
    _check_config(path, TrialConfig.from_json(json.loads(state["config"])), config)
    if state["images"] != images:
        raise CheckpointError(
            f"the checkpoint {path} was written with other images of {config.data.name}, or another split of them, "
            "than there are now"
        )
    return state


def _check_config(path: Path, found: TrialConfig, expected: TrialConfig) -> None:
    if found.fingerprint() == expected.fingerprint() and found.seed == expected.seed:
        return
    raise CheckpointError(
        f"the checkpoint {path} was written by another configuration: "
        + ", ".join(_differences(found, expected))
    )


def _differences(found: TrialConfig, expected: TrialConfig) -> list[str]:
    """Name every field that differs, as `name is x there and y here`."""
    there, here = _flat(found), _flat(expected)
    names = [name for name in {**there, **here} if repr(there.get(name)) != repr(here.get(name))]
    return [f"{name} is {there.get(name)!r} there and {here.get(name)!r} here" for name in names]


def _flat(config: TrialConfig) -> dict[str, Any]:
    data = {f"data.{name}": value for name, value in vars(config.data).items()}
    return {**config.settings, **data, "epochs": config.epochs, "seed": config.seed}
