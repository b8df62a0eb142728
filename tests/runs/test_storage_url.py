"""A password of a storage URL is neither written down nor shown, nor told to another machine's command line."""

from __future__ import annotations

import pytest

from search.runs.errors import StudyError
from search.runs.storage_url import refuse_password, without_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:PW@db/optuna", "postgresql://u@db/optuna"),
        ("postgresql://u@db/optuna?password=PW", "postgresql://u@db/optuna"),
        ("postgresql://u@db/optuna?a=1&password=PW", "postgresql://u@db/optuna?a=1"),
        ("postgresql://u@db/optuna?PASSWORD=PW&a=1", "postgresql://u@db/optuna?a=1"),
        ("postgresql://u@db/optuna?a=1&password=PW&sslpassword=PW&b=2", "postgresql://u@db/optuna?a=1&b=2"),
        ("mysql://u:PW@db/o?passwd=PW&passwd=PW", "mysql://u@db/o"),
        ("no postgresql://u:PW@db/o?password=PW of that", "no postgresql://u@db/o of that"),
        ("postgresql://u@db/optuna?sslmode=require", "postgresql://u@db/optuna?sslmode=require"),
        ("sqlite:///file.db", "sqlite:///file.db"),
    ],
)
def test_a_url_loses_its_passwords_and_nothing_else(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_a_password_is_refused_on_a_cluster_and_not_repeated() -> None:
    with pytest.raises(StudyError, match="WINNOW_STORAGE on the head") as error:
        refuse_password("postgresql://u:PW@db/optuna")
    assert "PW" not in str(error.value)
    refuse_password("postgresql://u@db/optuna")
    refuse_password(None)
