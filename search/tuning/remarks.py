"""Notes and tags at the trials of a search that nobody drives."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable

from search.plan.plan import Plan
from search.runs import record
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.runs.local_copy import published_at
from search.runs.publish import published
from search.tuning.study import open_study


def write_remarks(
    layout: RunLayout,
    plan: Plan,
    trial: int,
    texts: Iterable[str],
    *,
    tag: bool = False,
    remove: bool = False,
    storage: str | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Record notes or tags as a driver would that is asked for them.

    Args:
        layout: of the run.
        plan: of the run.
        trial: its number.
        texts: of the notes, each with who says it; or the tags.
        tag: they are tags.
        remove: the tags are taken away.
        storage: the Optuna storage URL, where the study is not in the run's folder.
        say: takes a line for the user while a run of a bucket is published.

    Raises:
        RunIsHeld: a search drives the run now; ask it.
        StudyError: the study cannot be opened.
        OSError: the run's bucket is out of reach.
    """
    with Lease(layout) as lease, published(layout, published_at(layout.root), lease, say=say):
        study = open_study(plan, layout, new=False, storage=storage)
        for text in texts:
            document = {"kind": "tag" if tag else "note", "trial": trial, "text": text, "at": time.time()}
            if tag:
                document["remove"] = remove
            name = f"{record.REQUEST}{uuid.uuid4().hex[:12]}"
            study._storage.set_study_system_attr(study._study_id, name, document)
