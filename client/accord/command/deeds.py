"""What each word of the command does."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import Any, Callable

from accord import settings
from accord.client import Accord
from accord.command.parsing import as_dict
from accord.command.showing import Progress, in_bytes, show_many, show_one
from accord.errors import AccordError, Json, WorkFailedError
from accord.imports import problems_of

Arguments = argparse.Namespace


def login(given: Arguments) -> None:
    """Check a token and keep it."""
    url = settings.checked_url(given.address)
    if given.token == "-":
        token = sys.stdin.readline().strip()
    else:
        token = given.token or getpass.getpass("Token (of your account page): ").strip()
    me = Accord(url, token).me()
    path = settings.write(settings.Settings(url, token))
    print(f"Signed in to {url} as {me['username']}. The token is kept in {path}.")


def logout(given: Arguments) -> None:
    """Forget what was kept."""
    print("Forgotten." if settings.forget() else "There was nothing to forget.")


def _client(given: Arguments) -> Accord:
    return Accord(given.url)


def whoami(given: Arguments) -> None:
    """Who one is."""
    show_one(_client(given).me(), given.json)


def projects(given: Arguments) -> None:
    """The projects."""
    show_many(_client(given).projects.list(), given.json, ("slug", "name", "state", "roles"))


def imports(given: Arguments) -> None:
    """The imports of a project."""
    names = ("uid", "file_name", "format", "state", "rows_done", "rows_bad")
    show_many(_client(given).imports.list(given.project), given.json, names)


def bring(given: Arguments) -> None:
    """Send files, one after the other, and wait for each."""
    client, progress = _client(given), Progress()
    for name in given.files:
        path = Path(name)
        if not path.is_file():
            raise AccordError(f"There is no file {name}.")

        def sent(done: int, size: int, name: str = name) -> None:
            progress.say(f"{name}: sent {in_bytes(done)} of {in_bytes(size)}")

        def read(found: Json, name: str = name) -> None:
            progress.say(f"{name}: {found['state']}, {found.get('rows_done') or 0} rows")

        made = client.imports.send(
            given.project,
            path,
            format=given.format,
            key=f"{given.key} {path.name}" if given.key else None,
            on_sent=sent,
            source=given.source,
            skip_bad=given.skip_bad,
            make_tasks=not given.no_tasks,
            ask_people={"yes": True, "no": False}.get(given.ask_people or ""),
        )
        try:
            if not given.no_wait:
                made = client.imports.wait(given.project, made["uid"], on_progress=read)
        except WorkFailedError as failed:
            progress.end()
            _tell_problems(name, failed.result)
            raise
        progress.end()
        _tell_problems(name, made)
        shown = ("file_name", "uid", "state", "rows_done", "rows_bad", "counts")
        show_one(made, given.json, shown)


def _tell_problems(name: str, found: Json) -> None:
    for problem in problems_of(found):
        print(f"{name}: {problem}", file=sys.stderr)


def snapshots(given: Arguments) -> None:
    """The snapshots of a project."""
    names = ("uid", "name", "state", "rows_total", "digest")
    show_many(_client(given).snapshots.list(given.project), given.json, names)


def export(given: Arguments) -> None:
    """Freeze or take a snapshot, and download it."""
    client, progress = _client(given), Progress()

    def built(found: Json) -> None:
        done, of = found.get("rows_done") or 0, found.get("rows_total")
        progress.say(f"{found['state']}: {done}" + (f" of {of}" if of else "") + " rows")

    def received(name: str, size: int) -> None:
        progress.say(f"{name}: {in_bytes(size)}")

    uid = given.snapshot
    if uid is None:
        uid = client.snapshots.create(
            given.project,
            given.name,
            filters=as_dict(given.filter),
            fractions=as_dict(given.fraction),
        )["uid"]
    found = client.snapshots.wait(uid, on_progress=built)
    if given.to and given.format:
        client.snapshots.download(
            uid,
            given.to,
            format=given.format,
            split=given.split,
            on_received=received,
            **as_dict(given.option),
        )
    elif given.to:
        client.snapshots.download_directory(uid, given.to, on_received=received)
    progress.end()
    show_one(found, given.json, ("name", "uid", "digest", "counts", "contains_voided"))


def trainers(given: Arguments) -> None:
    """The catalog of trainers."""
    names = ("name", "title", "consumes", "produces")
    show_many(_client(given).runs.trainers(), given.json, names)


RUN = ("uid", "name", "trainer", "state", "step", "total_steps", "metrics", "error")


def runs(given: Arguments) -> None:
    """The runs of a project."""
    names = ("uid", "name", "trainer", "state", "step", "total_steps")
    show_many(_client(given).runs.list(given.project), given.json, names)


def start(given: Arguments) -> None:
    """Queue a run, and stay with it where that is wanted."""
    config: dict[str, Any] = {}
    if given.config:
        config = _json_of(f"@{given.config}")
    config.update(as_dict(given.set))
    run = _client(given).runs.start(
        given.project,
        given.trainer,
        given.snapshot,
        parent=given.parent,
        name=given.name,
        config=config,
    )
    if given.follow:
        given.uid = run["uid"]
        follow(given)
    else:
        show_one(run, given.json, RUN)


def show(given: Arguments) -> None:
    """One run."""
    show_one(_client(given).runs.get(given.uid), given.json, RUN)


def follow(given: Arguments) -> None:
    """Progress lines as they come, then how it ended."""
    client = _client(given)
    for line in client.runs.follow(given.uid):
        if given.json:
            print(json.dumps(line), flush=True)
            continue
        metrics = "  ".join(f"{k} {v:.4g}" for k, v in (line.get("metrics") or {}).items())
        of = f"/{line['total_steps']}" if line.get("total_steps") else ""
        print(
            f"{line.get('phase') or ''} {line.get('step', '')}{of}  {metrics}".strip(), flush=True
        )
    run = client.runs.wait(given.uid)
    show_one(run, given.json, RUN)


def stop(given: Arguments) -> None:
    """Stop a run."""
    show_one(_client(given).runs.cancel(given.uid), given.json, RUN)


def resume(given: Arguments) -> None:
    """Go on with a run."""
    show_one(_client(given).runs.resume(given.uid), given.json, RUN)


def log(given: Arguments) -> None:
    """The trainer's own output."""
    for line in _client(given).runs.log(given.uid):
        print(json.dumps(line) if given.json else line)


def checkpoints(given: Arguments) -> None:
    """What a run left."""
    names = ("uid", "name", "step", "produces", "is_best", "metrics")
    show_many(_client(given).runs.checkpoints(given.uid), given.json, names)


def quality(given: Arguments) -> None:
    """The figures of a project."""
    found = _client(given).quality.get(given.project)
    if given.json:
        show_one(found, True)
        return
    print(f"{found['judgments']} answers to {found['tasks']} items, as of {found['as_of'] or '-'}")
    names = ("title", "value", "low", "high", "n_items")
    show_many(found.get("agreement") or [], False, names)


def labelers(given: Arguments) -> None:
    """Who works how."""
    found = _client(given).quality.labelers(given.project)
    if given.json:
        show_one(found, True)
        return
    rows = found["labelers"]
    names = (
        [name for name in rows[0] if not isinstance(rows[0][name], (dict, list))] if rows else []
    )
    show_many(rows, False, names or ["name"])


def api(given: Arguments) -> None:
    """Anything."""
    calls = _client(given).calls
    query = as_dict(given.query)
    if given.all:
        for row in calls.pages(given.path, query):
            print(json.dumps(row, ensure_ascii=False), flush=True)
        return
    value = _json_of(given.data) if given.data is not None else None
    with calls.open(given.method, given.path, query=query, value=value) as answer:
        said = answer.read()
    sys.stdout.flush()
    sys.stdout.buffer.write(said if not said or said.endswith(b"\n") else said + b"\n")


def _json_of(text: str) -> Any:
    """The JSON in `text`, or in the file that it names with @."""
    if text.startswith("@"):
        name = text[1:]
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        except OSError as problem:
            raise AccordError(f"{name} cannot be read ({problem.strerror}).") from None
    try:
        return json.loads(text)
    except ValueError as problem:
        raise AccordError(f"That is no JSON: {problem}.") from None


DEEDS: dict[str, Callable[[Arguments], None]] = {
    "login": login,
    "logout": logout,
    "whoami": whoami,
    "projects": projects,
    "import": bring,
    "imports": imports,
    "snapshots": snapshots,
    "export": export,
    "runs trainers": trainers,
    "runs list": runs,
    "runs start": start,
    "runs show": show,
    "runs follow": follow,
    "runs stop": stop,
    "runs resume": resume,
    "runs log": log,
    "runs checkpoints": checkpoints,
    "quality": quality,
    "labelers": labelers,
    "api": api,
}
