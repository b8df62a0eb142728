"""The tables of the benchmark, in Markdown, made from the results of any number of finished searches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.efficiency import bootstrap
from benchmarks.efficiency.bootstrap import Array
from benchmarks.efficiency.contenders import OURS, WARM
from benchmarks.efficiency.results import Result, Search

TIE = 0.005
"""Regrets × 100 that differ by less are a tie."""


@dataclass(frozen=True)
class Board:
    """The results of one kind of problem at one number of workers.

    Args:
        title: of its section.
        results: by contender, then by problem and seed.
        at: numbers of trainings that are tabulated.
    """

    title: str
    results: Mapping[str, Mapping[tuple[str, int], Result]]
    at: Sequence[int]

    def length(self, *contenders: str) -> int:
        """Return up to how many trainings all of some contenders were searched, each in its longest search."""
        return min(
            max(len(r.outcome.regrets) for r in self.results[contender].values()) for contender in contenders
        )

    def common(self, *contenders: str) -> list[tuple[str, int]]:
        """Return the problems and seeds of which all of some contenders have a search of their common length."""
        length = self.length(*contenders)
        whole = (
            {key for key, r in self.results[contender].items() if len(r.outcome.regrets) >= length}
            for contender in contenders
        )
        return sorted(set.intersection(*whole))

    def curves(self, *contenders: str) -> list[Array]:
        """Return for each contender the regrets on what all have in common, shape [searches, trainings]."""
        keys, length = self.common(*contenders), self.length(*contenders)
        return [
            np.array([self.results[contender][key].outcome.regrets[:length] for key in keys])
            for contender in contenders
        ]


def report(done: Mapping[Search, Result], at: Sequence[int], *, ours: str = OURS) -> str:
    """Return all tables.

    Args:
        done: the results.
        at: numbers of trainings that are tabulated, increasing.
        ours: the contender that is compared with the others.
    """
    sections = [line for board in boards(done, at) for line in _section(board, ours)]
    return "\n".join(sections)


def boards(done: Mapping[Search, Result], at: Sequence[int]) -> Iterator[Board]:
    """Return the results by kind of problem and number of workers; the tasks of LCBench are one kind."""
    kinds: dict[tuple[str, int], dict[str, dict[tuple[str, int], Result]]] = {}
    for search, result in done.items():
        kind = "LCBench" if search.problem.isdigit() else search.problem
        board = kinds.setdefault((kind, search.workers), {})
        board.setdefault(search.contender, {})[search.problem, search.seed] = result
    for (kind, workers), results in sorted(kinds.items()):
        yield Board(f"{kind}, {workers} workers", results, at)


def _section(board: Board, ours: str) -> Iterator[str]:
    yield f"\n## {board.title}\n\nMean regret × 100 after so many trainings, [95 % interval].\n"
    yield from means(board)
    if set(board.results) - {ours, WARM} and ours in board.results:
        yield f"\n{ours} less each other on the same problems and seeds: below 0 {ours} is better.\n"
        yield from differences(board, ours)
    yield from against_the_past(board)


def means(board: Board) -> Iterator[str]:
    """Return the rows of mean regrets, best at the last column first."""
    rows = []
    for contender in board.results:
        keys = board.common(contender)
        (curves,) = board.curves(contender)
        cells, last = _cells([task for task, _ in keys], curves, board.at)
        runs = board.results[contender].values()
        each = np.mean([r.outcome.ask_seconds / max(1, r.outcome.suggestions) for r in runs])
        tasks = len({task for task, _ in keys})
        rows.append((last, [contender, f"{len(keys)} ({tasks})", *cells, f"{each:.4f}"]))
    heads = ["contender", "searches (problems)", *map(str, board.at), "CPU s a suggestion"]
    return _table(heads, [row for _, row in sorted(rows, key=lambda pair: pair[0])])


def differences(board: Board, ours: str) -> Iterator[str]:
    """Return the rows of paired differences, of trainings needed, and of wins."""
    rows = []
    for other in sorted(set(board.results) - {ours, WARM}):
        keys = board.common(ours, other)
        if keys:
            rows.append(_paired(board, ours, other, keys))
    end = "trainings to reach its end"
    return _table(["against", "pairs", *map(str, board.at), end, "wins, losses, ties at the end"], rows)


def _paired(board: Board, ours: str, other: str, keys: Sequence[tuple[str, int]]) -> list[str]:
    mine, theirs = board.curves(ours, other)
    tasks = [task for task, _ in keys]
    cells, _ = _cells(tasks, mine - theirs, board.at)
    won = mine[:, -1] - theirs[:, -1]
    wins, losses = int((won < -TIE).sum()), int((won > TIE).sum())
    score = f"{wins}, {losses}, {len(keys) - wins - losses}"
    return [other, str(len(keys)), *cells, _needed(tasks, mine, theirs), score]


def _needed(tasks: Sequence[str], mine: Array, theirs: Array) -> str:
    """Return the trainings that the mean of ours needs until it is at the end of the mean of theirs."""
    found = bootstrap.needed(bootstrap.mean(tasks, mine), float(bootstrap.mean(tasks, theirs)[-1]))
    drawn = bootstrap.weights(tasks)
    pairs = zip(drawn @ mine, drawn @ theirs, strict=True)
    low, high = bootstrap.interval(
        np.array([min(bootstrap.needed(m, t[-1]), 1e6) for m, t in pairs]),
    )
    return f"{_trainings(found, mine)} [{_trainings(float(low), mine)}, {_trainings(float(high), mine)}]"


def _trainings(count: float, curves: Array) -> str:
    return f"{count:.1f}" if count <= curves.shape[1] else f"> {curves.shape[1]}"


def against_the_past(board: Board) -> Iterator[str]:
    """Return how much a warm start saves; nothing where none was measured."""
    if not {OURS, WARM} <= set(board.results) or not board.common(OURS, WARM):
        return
    keys = board.common(OURS, WARM)
    tasks = [task for task, _ in keys]
    cold, warm = board.curves(OURS, WARM)
    at = [n for n in board.at if n <= board.length(OURS, WARM)]
    drawn = bootstrap.weights(tasks)
    means_of = [bootstrap.mean(tasks, curves) for curves in (cold, warm)]
    low, high = bootstrap.interval((drawn @ warm) / (drawn @ cold))
    yield f"\nWarm start from searches on the other tasks, {len(keys)} pairs.\n"
    rows = [
        [str(n), f"{means_of[0][n - 1]:.1f}", f"{means_of[1][n - 1]:.1f}", _ratio(means_of, low, high, n - 1)]
        for n in at
    ]
    yield from _table(["trainings", "without", "with", "with / without"], rows)


def _ratio(means_of: Sequence[Array], low: Array, high: Array, column: int) -> str:
    ratio = means_of[1][column] / means_of[0][column]
    return f"{ratio:.2f} [{low[column]:.2f}, {high[column]:.2f}]"


def _cells(tasks: Sequence[str], curves: Array, at: Sequence[int]) -> tuple[list[str], float]:
    """Return mean and interval at each number of trainings, and the mean at the last that the curves have."""
    columns = [n - 1 for n in at if n <= curves.shape[1]]
    chosen = curves[:, columns]
    average = bootstrap.mean(tasks, chosen)
    low, high = bootstrap.interval(bootstrap.weights(tasks) @ chosen)
    said = [f"{m:.1f} [{a:.1f}, {b:.1f}]" for m, a, b in zip(average, low, high, strict=True)]
    return said + ["–"] * (len(at) - len(columns)), float(average[-1])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
