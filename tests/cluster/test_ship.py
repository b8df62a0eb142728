"""What travels is what a search needs: never secrets, runs or data, and never more than the bounds."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.cluster import ship
from search.cluster.errors import ClusterError
from search.cluster.ship import project_of, staged

SECRETS = (
    ".env",
    "id_rsa",
    "id_ed25519.py",
    "key.pem",
    "secrets.yaml",
    "my_credentials.yaml",
    ".git/config.yaml",
    ".venv/lib.py",
    "runs/one/plan.yaml",
    "data/labels.yaml",
    "images/a.py",
    "aws_password.py",
    "cluster.yaml",
    "venv/x.py",
    "notes.txt",
)


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_without_plugins_the_space_travels_alone(tmp_path: Path) -> None:
    fill(tmp_path, {"space.yaml": "a", "other.yaml": "b", "module.py": "c"})
    found = project_of(tmp_path / "space.yaml", [], folder=tmp_path)
    assert (found.root, found.files) == (tmp_path, (Path("space.yaml"),))


def test_a_space_that_the_cluster_has_does_not_travel(tmp_path: Path) -> None:
    assert project_of(None, [], folder=tmp_path).files == ()


def test_a_plugin_travels_with_the_modules_that_it_may_import_and_no_secrets(tmp_path: Path) -> None:
    wanted = {"space.yaml", "models/mine.py", "models/parts/__init__.py", "tools.py", "other.yml"}
    fill(tmp_path, dict.fromkeys((*wanted, *SECRETS), "x"))
    fill(tmp_path, {"environment/pyvenv.cfg": "", "environment/lib.py": ""})
    found = project_of(tmp_path / "space.yaml", [tmp_path / "models/mine.py"], folder=tmp_path)
    assert {str(path) for path in found.files} == wanted


def test_a_project_elsewhere_takes_nothing_of_the_working_directory(tmp_path: Path) -> None:
    fill(tmp_path, {"home/private.py": "", "project/space.yaml": "", "project/mine.py": ""})
    space, plugin = tmp_path / "project/space.yaml", tmp_path / "project/mine.py"
    found = project_of(space, [plugin], folder=tmp_path / "home")
    assert found.root == tmp_path / "project"
    assert {str(path) for path in found.files} == {"space.yaml", "mine.py"}


def test_what_travels_is_copied_with_its_folders_and_links_are_followed(tmp_path: Path) -> None:
    fill(tmp_path, {"space.yaml": "1", "real/parts.py": "2", "mine.py": "3"})
    (tmp_path / "linked.py").symlink_to(tmp_path / "real/parts.py")
    found = project_of(tmp_path / "space.yaml", [tmp_path / "mine.py"], folder=tmp_path)
    with staged(found) as folder:
        assert (folder / "real/parts.py").read_text() == "2"
        assert (folder / "linked.py").read_text() == "2"
        assert not (folder / "linked.py").is_symlink()
    assert not folder.exists()


def test_too_large_a_project_is_refused_and_the_largest_file_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ship, "MOST_BYTES", 2**20)
    fill(tmp_path, {"space.yaml": "", "mine.py": "", "weights_as_code.py": "x" * (2**20 + 1)})
    with pytest.raises(ClusterError, match=r"3 files of 1 MB, the largest .*weights_as_code\.py \(1\.0 MB\)"):
        project_of(tmp_path / "space.yaml", [tmp_path / "mine.py"], folder=tmp_path)


def test_whoever_starts_in_his_home_directory_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ship, "MOST_FILES", 5)
    fill(tmp_path, {"space.yaml": "", "mine.py": "", **{f"p{n}/a.py": "" for n in range(6)}})
    with pytest.raises(ClusterError, match="at most 5 Python and YAML files is expected"):
        project_of(tmp_path / "space.yaml", [tmp_path / "mine.py"], folder=tmp_path)


NAMES = st.sampled_from(
    ["a", "b", ".git", "data", "runs", "x.py", "y.yaml", ".env", "id_rsa", "k.pem", "n.txt", "my_secrets.py"]
)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.lists(NAMES, min_size=1, max_size=3).map("/".join), max_size=12))
def test_no_tree_makes_anything_secret_travel(paths: set[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in sorted(paths, key=len):
            target = folder / path
            if not any(parent.is_file() for parent in target.parents) and not target.exists():
                fill(folder, {path: "x"})
        fill(folder, {"the_plugin.py": ""})
        found = project_of(None, [folder / "the_plugin.py"], folder=folder)
        for file in found.files:
            assert file.suffix in (".py", ".yaml")
            assert not set(file.parts) & {".git", "data", "runs", ".env", "id_rsa", "k.pem", "my_secrets.py"}
        assert len(found.files) == len(set(found.files))
