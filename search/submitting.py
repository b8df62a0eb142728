"""What `run`, `resume` and `confirm` do where they run on a cluster: ship the project, begin a job, follow it."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.cluster.bring import WEIGHTS, bring
from search.cluster.choose import Cluster
from search.cluster.jobs import Jobs
from search.cluster.link import Link
from search.cluster.paths import free_name, run_there, runs_there
from search.cluster.remote import About, about
from search.cluster.ship import Project, project_of, staged
from search.cluster.taken import taken_here, taken_there
from search.cluster.versions import check_versions
from search.console import Reporter
from search.job_display import Followed, follow
from search.plan.load import load_plan, plan_plugins
from search.plan.plan import Plan
from search.plan.shipped import find_space, spaces_folder
from search.runs.layout import RunLayout
from search.runs.lease import origin_of
from search.runs.storage_url import refuse_password
from search.verb import UserError

NONE = Project(Path(), ())

HOME = Path("runs")
"""The folder on this machine to which runs of a cluster are brought."""


@dataclass(frozen=True)
class _Head:
    """The head while something is sent there: of which cluster, for which call, its link, what it is, who is told."""

    cluster: Cluster
    arguments: argparse.Namespace
    link: Link
    about: About
    reporter: Reporter


def run_on(cluster: Cluster, arguments: argparse.Namespace, overrides: Sequence[str]) -> int:
    """Run a new search on a cluster and follow it to its end.

    Args:
        cluster: that is up.
        arguments: of `search.run`.
        overrides: what they set of the plan, without the folder of the images.

    Raises:
        ClusterError: it cannot be begun there; the message says why.
        PlanError: the space has mistakes.
    """
    space = find_space(arguments.space)
    plan = load_plan(space, overrides=overrides)
    with _head(cluster, arguments) as head:
        runs = runs_there(head.about.home, str(arguments.runs_dir))
        name = arguments.name or _free_name(head, plan, runs)
        run = run_there(head.about.home, name, runs)
        home = _home(arguments, run, new=True)  # before anything is sent: a job that has begun costs money
        words = ["search.run", *_space(space, plan, overrides), "--runs-dir", runs, "--name", name]
        words += [*_data(head, plan), *_memory(head)]
        followed = _begin(head, words, run=run, project=_project(space, plan))
    return follow(followed, arguments, fetch_into=home)


def resume_on(cluster: Cluster, arguments: argparse.Namespace) -> int:
    """Go on with a run of a cluster, there, and follow it to its end.

    Args:
        cluster: that is up.
        arguments: of `search.resume`.

    Raises:
        ClusterError: it cannot be begun there; the message says why.
        PlanError: the space has mistakes.
    """
    with _head(cluster, arguments) as head:
        run = run_there(head.about.home, str(arguments.run))
        home = _home(arguments, run)
        if arguments.space:
            space = find_space(arguments.space)
            plan = load_plan(space, overrides=arguments.set)
            project, changes = _project(space, plan), _space(space, plan, arguments.set)
        else:
            project, changes = _plugins_of(head, run), _set(arguments.set)
        trials = ["--trials", f"+{arguments.trials}"] if arguments.trials else []
        words = ["search.resume", run, *changes, *trials, *_options(arguments, "epochs", "time_budget")]
        followed = _begin(head, words, run=run, project=project)
    return follow(followed, arguments, fetch_into=home)


def confirm_on(cluster: Cluster, arguments: argparse.Namespace) -> int:
    """Confirm the winner of a run of a cluster, there.

    Args:
        cluster: that is up.
        arguments: of `search.confirm`.

    Raises:
        ClusterError: it cannot be begun there; the message says why.
    """
    with _head(cluster, arguments) as head:
        run = run_there(head.about.home, str(arguments.run))
        home = _home(arguments, run)
        words = ["search.confirm", run, *_options(arguments, "top", "seeds", "budget")]
        followed = _begin(head, words, run=run, project=_plugins_of(head, run))
    return follow(followed, arguments, fetch_into=home)


def follow_on(cluster: Cluster, arguments: argparse.Namespace) -> int:
    """Follow a search that runs on a cluster, or has run there.

    Args:
        cluster: that is up.
        arguments: of `search.follow`.

    Raises:
        ClusterError: there is no such search; the message names those that there are.
    """
    with _head(cluster, arguments) as head:
        run = run_there(head.about.home, arguments.run)
        jobs = Jobs(head.link)
        job = jobs.of_run(run)
        if job is None:
            raise UserError(_no_job(cluster, run, jobs))
    followed = Followed(cluster, job.id, run, head.about.session)
    return follow(followed, arguments, fetch_into=_home(arguments, run))


def _no_job(cluster: Cluster, run: str, jobs: Jobs) -> str:
    known = sorted({job.run for job in jobs.all() if not job.ended})
    there = f"; those that run are {', '.join(known)}" if known else "; none runs there"
    return f"{run}: no search of this run was begun as a job of the cluster {cluster.file.name} since it is up{there}"


@contextlib.contextmanager
def _head(cluster: Cluster, arguments: argparse.Namespace) -> Iterator[_Head]:
    """Yield the head, once it is known to fit to what is here, and nothing secret would be told there."""
    refuse_password(getattr(arguments, "storage", None))
    with Link(cluster.login) as link:
        found = about(link)
        reporter = Reporter("", "", as_json=arguments.json)
        note = check_versions(found, link.login.place)
        if note:
            reporter.say(note)
        yield _Head(cluster, arguments, link, found, reporter)


def _begin(head: _Head, words: Sequence[str], *, run: str, project: Project) -> Followed:
    """Submit a verb as a job, with its project."""
    limits = _options(head.arguments, "concurrency", "gpus_per_trial", "storage")
    command = [head.about.python, "-m", *words, *limits, "--json"]
    jobs = Jobs(head.link)
    if project.files:
        with staged(project) as folder:
            job = jobs.submit(command, run=run, project=folder, root=project.root)
    else:
        job = jobs.submit(command, run=run, project=None, root=None)
    files = len(project.files)
    shipped = f" with {files} {'file' if files == 1 else 'files'}" if files else ""
    head.reporter.say(f"begun as the job {job}{shipped}; its run is {run} there")
    return Followed(head.cluster, job, run, head.about.session)


def _project(space: Path, plan: Plan) -> Project:
    shipped = space.resolve().parent == spaces_folder().resolve()
    return project_of(None if shipped else space, [Path(one) for one in plan.plugins], folder=Path.cwd())


def _plugins_of(head: _Head, run: str) -> Project:
    """Return what travels with a run that is there already: its plugins, where they are still on this machine."""
    if "://" in run:
        return NONE
    text = head.link.run(["bash", "-c", 'cat "$1/plan.yaml" 2>/dev/null || :', "plan", run]).decode()
    if not text.strip():
        return NONE  # the verb says there that this is no run
    plugins = [Path(one) for one in plan_plugins(Path("plan.yaml"), text=text)]
    here = [one for one in plugins if one.is_file()]
    return project_of(None, here, folder=Path.cwd()) if here else NONE


def _space(space: Path, plan: Plan, overrides: Sequence[str]) -> list[str]:
    """Return the words that name a space there, and what is set of it."""
    project = _project(space, plan)
    files = project.files
    inside = space.resolve().is_relative_to(project.root) and space.resolve().relative_to(project.root)
    name = str(inside) if inside and inside in files else space.name
    words = ["--space", name, *_set(overrides)]
    if plan.plugins:  # by the names that they have here, so that the run can be read here, too
        words += ["--set", f"plugins=[{', '.join(_quoted(str(one)) for one in plan.plugins)}]"]
    return words


def _set(overrides: Sequence[str]) -> list[str]:
    return [word for one in overrides for word in ("--set", one)]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _free_name(head: _Head, plan: Plan, runs: str) -> str:
    """Return a name that is free there, and here where the run comes home."""
    home = taken_here(HOME) if not head.arguments.no_fetch and "://" not in runs else set()
    return free_name(plan.name, taken_there(head.link, runs) | home)


def _data(head: _Head, plan: Plan) -> list[str]:
    """Return the words that say where the images are there, once they are there, and what their table is called."""
    told = head.arguments.data_dir or plan.data.dir
    if told is None:
        return []
    here = Path(told).expanduser()
    # In the space it may be named from the space's own folder; there it is looked for in the folder of the images.
    table = ["--set", f"data.file={_quoted(plan.data.file)}"] if plan.data.file else []
    if "://" in str(told) or not here.exists():
        return ["--set", f"data.dir={told}", *table]
    show = head.reporter.console.is_terminal and not head.arguments.json
    return ["--data-dir", _bring(head, here, "data", show=show), *table]


def _memory(head: _Head) -> list[str]:
    """Return the words that name earlier runs there; those of this machine are brought there."""
    words = [
        _bring(head, run, "memory", without=WEIGHTS) if run.exists() else run_there(head.about.home, str(run))
        for run in head.arguments.warm_start
    ]
    return ["--warm-start", *words] if words else []


def _bring(head: _Head, path: Path, kind: str, **more: Any) -> str:
    return bring(head.link, path, home=head.about.home, kind=kind, say=head.reporter.say, **more)


def _options(arguments: argparse.Namespace, *names: str) -> list[str]:
    """Return the words of those options that were given."""
    given = [(name, getattr(arguments, name)) for name in names]
    return [word for n, v in given if v is not None for word in (f"--{n.replace('_', '-')}", str(v))]


def _home(arguments: argparse.Namespace, run: str, *, new: bool = False) -> Path | None:
    """Return where a run of the cluster is brought to on this machine; None: it is not, or lies in a bucket.

    Args:
        arguments: of the verb.
        run: its folder there.
        new: it does not exist yet, so no copy of it can be here.

    Raises:
        UserError: another run is there.
    """
    if arguments.no_fetch or "://" in run:
        return None
    folder = HOME / Path(run).name
    if folder.exists() and (new or origin_of(RunLayout(folder)) is None):
        options = "another --name, or --no-fetch" if new else "--no-fetch, or move it away"
        raise UserError(
            f"{folder}: a run of this machine has that name, so that of the cluster cannot be brought here: "
            f"give {options}"
        )
    return folder
