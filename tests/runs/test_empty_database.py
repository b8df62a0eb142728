"""Several searches may open an empty database at the same moment: one makes its tables, and all may use it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from search.runs.storage import open_shared
from tests.postgres import postgres

OPENERS = 4


def test_all_who_open_an_empty_database_at_once_may_use_it() -> None:
    with postgres() as server, ThreadPoolExecutor(OPENERS) as pool:
        url = server.url.replace("postgresql://", "postgresql+psycopg://")
        together = Barrier(OPENERS)

        def opened(_: int) -> int:
            together.wait()
            return len(open_shared(url).get_all_studies())

        assert list(pool.map(opened, range(OPENERS))) == [0] * OPENERS
        assert server.count("select count(*) from version_info") == 1
