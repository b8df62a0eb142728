"""The words that a space may use, asked of a verb once: to know them takes torch, which the dashboard does not load."""

from __future__ import annotations

import functools

from dashboard import jobs
from search.plan.vocabulary import Vocabulary
from search.plan.vocabulary_document import read_vocabulary

JOB = "vocabulary"


def known_words() -> Vocabulary | None:
    """Return the vocabulary; None until the verb has answered, which takes some seconds the first time.

    Raises:
        OSError: the verb cannot be started.
    """
    asked = jobs.job(JOB) or ask()
    return None if asked.running else _read(asked)


def ask() -> jobs.Job:
    """Ask the verb, also once more after it has failed.

    Raises:
        OSError: it cannot be started.
    """
    return jobs.start(JOB, jobs.verb("search.vocabulary"))


def why_unknown() -> str:
    """Return why the verb has failed; empty where it has not."""
    asked = jobs.job(JOB)
    return asked.failure if asked is not None else ""


@functools.lru_cache(maxsize=1)
def _read(asked: jobs.Job) -> Vocabulary | None:
    said = asked.last("vocabulary")
    return None if said is None else read_vocabulary(said)
