"""A spot instance hears that it will be gone; elsewhere nobody answers, and nothing waits for it."""

from __future__ import annotations

import socket
import threading

from search.tuning.leaving import Notice
from tests.tuning.metadata import metadata
from tests.waiting import wait_until

TERMINATE = {"action": "terminate", "time": "2026-11-22T08:22:00Z"}


def test_a_notice_is_heard_when_it_comes_and_a_token_that_is_too_old_is_renewed() -> None:
    with metadata() as server:
        notice = Notice(server.url, every=0.01)
        try:
            wait_until(lambda: server.asked > 2)
            assert notice.reason == ""
            server.tokens += 1  # the one that was given is no longer good
            server.action = TERMINATE
            wait_until(lambda: notice.reason)
            assert notice.reason == ("the cloud takes this machine back (terminate) at 2026-11-22T08:22:00Z")
            assert server.tokens > 2
        finally:
            notice.close()


def test_a_first_question_without_an_answer_does_not_end_the_watch() -> None:
    with metadata() as server:
        server.deaf = 2
        server.action = TERMINATE
        notice = Notice(server.url, every=0.01)
        try:
            wait_until(lambda: notice.reason)
        finally:
            notice.close()


def test_a_notice_in_other_words_does_not_end_the_watch() -> None:
    with metadata() as server:
        server.action = {"action": "terminate"}
        notice = Notice(server.url, every=0.01)
        try:
            wait_until(lambda: server.asked > 2)
            assert notice.reason == ""
            server.action = TERMINATE
            wait_until(lambda: notice.reason)
        finally:
            notice.close()


def test_where_nobody_answers_the_thread_ends_and_nothing_is_said() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, and not listening: refused at once
        notice = Notice(f"http://127.0.0.1:{closed.getsockname()[1]}", every=0.01)
        wait_until(lambda: "notice" not in {thread.name for thread in threading.enumerate()})
        assert notice.reason == ""
        notice.close()


def test_an_address_that_never_answers_holds_nobody_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        notice = Notice(f"http://127.0.0.1:{silent.getsockname()[1]}", every=0.01)
        assert notice.reason == ""
        notice.close()
        wait_until(lambda: "notice" not in {thread.name for thread in threading.enumerate()})
