"""What the hosts of namespaces need is found where a system has it."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.cluster.namespaces import SYSTEM, why_not


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as the hosts do")
@pytest.mark.skipif(shutil.which("sshd", path=SYSTEM) is None, reason="needs sshd")
def test_a_path_without_the_systems_folders_hides_no_sshd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert shutil.which("sshd") is None
    assert "sshd" not in why_not()
