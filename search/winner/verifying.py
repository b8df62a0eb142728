"""Has a new process check a bundle, and tells how far it is: what a process has written it could read by chance."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import search
from search.runs.run import Trial
from search.winner.bundle import Bundle
from search.winner.candidate import CannotExport, Trained
from search.winner.verification import Verification

MOST_SAID = 2000
"""Characters of what a process that broke off has said at its end."""


def verified(
    bundle: Bundle,
    trained: Trained,
    names: Sequence[str],
    *,
    tell: Callable[[str], None] = lambda _name: None,
) -> Verification:
    """Load a bundle in a new process and compare what it says with what the trained model said.

    Args:
        bundle: written whole.
        trained: what it was written from.
        names: of the formats that it holds.
        tell: is told which format is checked next.

    Raises:
        CannotExport: they differ, or it cannot be loaded.
    """
    with tempfile.TemporaryDirectory(prefix="winnow-verify-") as folder:
        said, complaints = Path(folder) / "validation.npz", Path(folder) / "stderr"
        trained.predictions.save(said)
        with complaints.open("wb") as errors:
            last = _run(_command(bundle, said, trained, names), errors.fileno(), tell)
        if "verification" in last:
            return Verification.from_json(last["verification"])
        if "disagrees" in last:
            raise CannotExport(f"{last['disagrees']}; nothing was written")
        reason = last.get("error") or complaints.read_text(encoding="utf-8", errors="replace").strip()
    raise CannotExport(f"the exported model could not be loaded again: {reason[-MOST_SAID:]}")


def _run(command: Sequence[str], errors: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run the process to its end; return the last that it said, empty where that is no object."""
    last: dict[str, Any] = {}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=errors,
        stdin=subprocess.DEVNULL,
        env=_environment(),
        text=True,
    ) as process:
        assert process.stdout is not None, "it is piped"
        for line in process.stdout:
            last = _object(line)
            if "checking" in last:
                tell(str(last["checking"]))
    return last


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _command(bundle: Bundle, said: Path, trained: Trained, names: Sequence[str]) -> list[str]:
    directory = trained.run.plan.data.folder
    command = [sys.executable, "-m", "search.winner.verify", str(bundle.folder), str(said)]
    command += ["--data-dir", str(directory)] if directory else []
    command += ["--strict"] if all(_same_hardware(member.trial) for member in trained.members) else []
    return [*command, "--formats", *names]


def _same_hardware(trial: Trial) -> bool:
    """Tell whether a trial's last epoch was computed by this machine's CPU, which computes the same again."""
    last = trial.record.stints[-1] if trial.record.stints else None
    return last is not None and last.device == "cpu" and last.host == socket.gethostname()


def _environment() -> dict[str, str]:
    """Return the environment of the new process: it finds this very copy of Winnow."""
    home = str(Path(search.__file__).resolve().parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))}
