"""An outage is told from what waiting does not mend, by real errors of the file system and of a database."""

from __future__ import annotations

import errno
import os

import pytest
import sqlalchemy
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import OperationalError, ProgrammingError

from search.runs.errors import StudyError
from search.runs.outage import NUMBERS, is_away, reason
from search.runs.storage import open_shared


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT])
def test_a_server_that_is_gone_is_waited_for(number: int) -> None:
    assert is_away(OSError(number, os.strerror(number)))
    assert NUMBERS[os.strerror(number)] == number


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EMFILE])
def test_a_full_disk_and_a_lack_of_rights_are_not(number: int) -> None:
    assert not is_away(OSError(number, os.strerror(number)))
    assert os.strerror(number) not in NUMBERS


def test_a_missing_file_is_waited_for_where_the_whole_run_is_missing() -> None:
    error = FileNotFoundError(errno.ENOENT, "No such file or directory")
    assert is_away(error, missing=True)
    assert not is_away(error)


def test_a_database_out_of_reach_is_waited_for_and_a_wrong_query_is_not() -> None:
    with pytest.raises(StudyError) as refused:
        open_shared("postgresql://winnow@127.0.0.1:9/none")
    assert is_away(refused.value)
    assert "refused" in reason(refused.value)
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(OperationalError) as wrong:
        connection.execute(sqlalchemy.text("select * from nothing"))
    engine.dispose()
    hidden = StorageInternalError("An exception is raised during the commit.")
    hidden.__cause__ = wrong.value
    assert is_away(hidden), "SQLite calls all its errors operational"
    assert not is_away(OperationalError("insert", {}, Exception("database or disk is full")))
    assert not is_away(ProgrammingError("select", {}, Exception("syntax")))
    assert not is_away(ValueError("x"))
