"""Jobs: their lines, their end, their failure in a sentence, and that nothing of them is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard import jobs
from dashboard.access import VARIABLE
from dashboard.jobs import MOST_LINES, Job, Jobs, environment, parsed
from dashboard.known_words import ask, known_words, why_unknown
from search.tuning.vocabulary import vocabulary
from tests.dashboard.visits import said
from tests.waiting import wait_until

PATIENCE = 120.0
WAIT = "import time; time.sleep(600)"


def python(code: str) -> list[str]:
    return [sys.executable, "-u", "-c", code]


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Undo what a shell does to a suite in its background: whom it starts would ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def started() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.end()


def test_a_job_says_what_it_printed_and_how_it_ended(started: Jobs) -> None:
    code = 'print(\'{"event": "progress", "done": 1}\'); print(\'plain words\'); print(\'{"event": "end"}\')'
    made = started.start("a", python(code))
    assert made.join(PATIENCE)
    assert made.lines == (
        {"event": "progress", "done": 1},
        {"event": "message", "text": "plain words"},
        {"event": "end"},
    )
    assert (made.returncode, made.failure) == (0, "")
    assert made.last("progress") == {"event": "progress", "done": 1}
    assert made.last("nothing") is None


def test_a_failure_is_told_by_the_verbs_own_sentences_else_by_its_last_words(started: Jobs) -> None:
    verb = started.start("verb", [sys.executable, "-m", "search.status", "/no/such/run", "--json"])
    other = started.start("other", python("raise ValueError('odd')"))
    silent = started.start("silent", python("raise SystemExit(3)"))
    for one in (verb, other, silent):
        assert one.join(PATIENCE)
    assert "this is no run" in verb.failure
    assert "ValueError: odd" in other.failure
    assert silent.failure == "It ended with exit code 3."


def test_lines_without_end_and_very_many_lines_take_bounded_memory(started: Jobs) -> None:
    many = started.start("many", python(f"for n in range({MOST_LINES * 3}): print(n)"))
    long = started.start("long", python("import sys; sys.stdout.write('x' * 5_000_000)"))
    assert many.join(PATIENCE)
    assert long.join(PATIENCE)
    assert [line["text"] for line in many.lines] == [str(n) for n in range(MOST_LINES * 2, MOST_LINES * 3)]
    assert max(len(line["text"]) for line in long.lines) <= jobs.MOST_BYTES


def test_a_job_of_the_same_name_runs_once_at_a_time(started: Jobs) -> None:
    first = started.start("a", python(WAIT))
    assert started.start("a", python("print(1)")) is first
    first.cancel()
    assert first.join(PATIENCE)
    assert first.failure == "It was canceled."
    second = started.start("a", python("print(1)"))
    assert second is not first
    assert started.get("a") is second
    assert started.get("b") is None


def test_a_canceled_job_can_clean_up_and_whom_it_started_ends_too(started: Jobs, tmp_path: Path) -> None:
    half = tmp_path / "half"
    code = f"""
import pathlib, subprocess, sys
half = pathlib.Path({str(half)!r})
child = subprocess.Popen([sys.executable, "-c", {WAIT!r}])
half.write_text(str(child.pid))
print("ready")
try:
    child.wait()
finally:
    half.unlink()
"""
    made = started.start("a", python(code))
    wait_until(lambda: made.lines)
    child = psutil.Process(int(half.read_text()))
    made.cancel()
    assert made.join(PATIENCE)
    assert not half.exists()
    child.wait(PATIENCE)


def test_the_servers_end_ends_all_jobs_also_those_that_will_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "GRACE", 0.5)
    made = Jobs()
    stubborn = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print('ready'); {WAIT}"
    found = [made.start("a", python(WAIT)), made.start("b", python(stubborn))]
    wait_until(lambda: found[1].lines)
    made.end()
    assert not any(one.running for one in found)
    made.end()  # once more does no harm


def test_a_job_whose_server_was_killed_ends_at_its_next_word(tmp_path: Path) -> None:
    child = tmp_path / "pid"
    talks = f"import os, pathlib, time; pathlib.Path({str(child)!r}).write_text(str(os.getpid()))"
    talks += "\nwhile True: print(1); time.sleep(.05)"
    server = f"import sys, time; from dashboard.jobs import Job; Job([sys.executable, '-u', '-c', {talks!r}]); {WAIT}"
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", server], env=environment()) as process:
        wait_until(lambda: child.is_file() and child.read_text())
        found = psutil.Process(int(child.read_text()))
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not found.is_running())


def test_a_program_that_is_not_there_is_an_error_at_once(started: Jobs) -> None:
    with pytest.raises(FileNotFoundError):
        started.start("a", ["/no/such/program"])


def test_of_ended_jobs_the_last_are_remembered(started: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_JOBS", 2)
    for name in "abcd":
        assert started.start(name, python("")).join(PATIENCE)
    started.start("e", python(WAIT))
    assert [name for name in "abcde" if started.get(name)] == ["c", "d", "e"]


def test_a_verb_finds_this_copy_of_winnow_and_does_not_learn_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "correct horse")
    monkeypatch.setenv("PYTHONPATH", "/before")
    found = environment()
    assert VARIABLE not in found
    assert found["PYTHONPATH"].split(os.pathsep) == [str(Path(__file__).parents[2]), "/before"]


@given(st.binary())
def test_any_line_is_a_mapping(line: bytes) -> None:
    assert isinstance(parsed(line), dict)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.floats(allow_nan=False))))
def test_a_line_of_json_is_what_it_says(document: dict[str, object]) -> None:
    assert parsed(json.dumps(document).encode() + b"\n") == document


def test_a_deep_line_is_only_words() -> None:
    assert parsed(b"[" * 100_000)["event"] == "message"


def test_no_zombie_is_left() -> None:
    made = Job(python(""))
    assert made.join(PATIENCE)
    assert not [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]


PAGE = """
import streamlit as st
from dashboard import jobs
jobs.show_job("shown", "Exporting trial 7")
jobs.show_job("nothing", "Nothing")
"""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """Let the pages' jobs be those of one test."""
    made = Jobs()
    monkeypatch.setattr(jobs, "JOBS", made)
    yield made
    made.end()


def test_a_page_shows_the_progress_of_a_job_and_cancels_it(shown: Jobs) -> None:
    found = jobs.start("shown", python(f'print(\'{{"done": 3, "total": 4, "text": "writing"}}\'); {WAIT}'))
    wait_until(lambda: found.lines)
    app = AppTest.from_string(PAGE, default_timeout=30).run()
    assert not app.exception
    app.button(key="cancel:shown").click().run()
    assert found.join(PATIENCE)
    assert "It was canceled." in said(app.run())


def test_a_page_tells_why_a_job_has_failed_as_text(shown: Jobs) -> None:
    assert jobs.start("shown", python("raise ValueError('![x](http://evil)')")).join(PATIENCE)
    app = AppTest.from_string(PAGE, default_timeout=30).run()
    assert "Exporting trial 7 failed:" in said(app)
    assert any("![x](http://evil)" in code.value for code in app.code)


def test_the_words_of_a_space_are_asked_of_a_verb_once(shown: Jobs) -> None:
    wait_until(lambda: known_words() is not None)
    first = known_words()
    assert first is not None
    # Other tests may have registered parts in this process; the verb's own has those that come with Winnow.
    here = vocabulary()
    assert first.of("learning_rate") == here.of("learning_rate")
    assert set(first.names()) <= set(here.names())
    assert {"digits", "mnist"} <= set(first.datasets)
    assert first.samplers["auto"] == here.samplers["auto"]
    assert first.schedulers["asha"] == here.schedulers["asha"]
    assert known_words() is first
    assert why_unknown() == ""


def test_why_the_words_are_not_known_is_told(shown: Jobs) -> None:
    assert shown.start("vocabulary", python("raise SystemExit('torch is missing')")).join(PATIENCE)
    assert known_words() is None
    assert "torch is missing" in why_unknown()
    ask()
    wait_until(lambda: known_words() is not None)
    assert why_unknown() == ""


def test_no_more_than_four_jobs_work_at_once() -> None:
    """Each may load torch: a visitor's clicks must not fill the memory."""
    jobs = Jobs()
    try:
        for number in range(4):
            jobs.start(f"job {number}", [sys.executable, "-c", "import time; time.sleep(60)"])
        assert jobs.start("job 0", ["never started"]).running
        with pytest.raises(OSError, match="4 jobs are working already"):
            jobs.start("job 4", [sys.executable, "-c", ""])
    finally:
        jobs.end()
