"""How the command is spelled: every word, option and its help."""

from __future__ import annotations

import argparse
import json
from typing import Any


def parser() -> argparse.ArgumentParser:
    """The parser; ``deed`` of what it returns names what to do."""
    top = argparse.ArgumentParser(
        prog="accord",
        description="Accord from the shell: imports, snapshots, training runs, figures.",
        epilog="Exit codes: 0 done; 1 refused; 2 wrong command line; 3 not signed in or not "
        "allowed; 4 not found; 5 no connection; 6 an import, a snapshot or a run failed.",
    )
    top.add_argument("--url", help="the server, instead of ACCORD_URL or the one of `accord login`")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print JSON, a line for each thing")
    words = top.add_subparsers(metavar="COMMAND", required=True)

    def word(name: str, help: str, within: Any = words) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = within.add_parser(
            name, help=help, description=help, parents=[shared]
        )
        made.set_defaults(deed=name)
        return made

    login = word("login", "Keep an address and a token for the next commands.")
    login.add_argument("address", help="such as https://accord.example.org")
    login.add_argument("--token", help="- reads it from standard input; left out, it is asked for")
    word("logout", "Forget the address and the token.")
    word("whoami", "The person whose token it is.")
    word("projects", "The projects that you may know of.")
    _data_words(word)
    _run_words(word, word("runs", "Training runs."))
    for name, help in (("quality", "The figures of a project."), ("labelers", "Who works how.")):
        word(name, help).add_argument("project")
    api = word("api", "Ask any address of the API, and print what it answers.")
    api.add_argument("method", type=str.upper, choices=["GET", "POST", "PUT", "PATCH", "DELETE"])
    api.add_argument("path", help="below /api/v1/, such as projects/essays/biases/")
    api.add_argument("--data", help="JSON to send; @FILE reads it from a file, @- from the input")
    api.add_argument("--query", type=pair, action="append", default=[], metavar="NAME=VALUE")
    api.add_argument("--all", action="store_true", help="every page of a list, an entry to a line")
    return top


def _data_words(word: Any) -> None:
    bring = word("import", "Send files into a project and wait until they are read.")
    bring.add_argument("project")
    bring.add_argument("files", nargs="+", metavar="FILE")
    bring.add_argument("--format", required=True, help="how the files are written, by its name")
    bring.add_argument("--source", help="where responses come from that say nothing of it")
    bring.add_argument("--skip-bad", action="store_true", help="leave bad rows out")
    bring.add_argument("--no-tasks", action="store_true", help="make no tasks of it")
    bring.add_argument("--ask-people", choices=["yes", "no"], help="whether labelers get the items")
    bring.add_argument("--key", help="an idempotency key: the same file is taken once under it")
    bring.add_argument("--no-wait", action="store_true", help="do not wait until they are read")
    word("imports", "The imports of a project.").add_argument("project")
    word("snapshots", "The snapshots of a project.").add_argument("project")
    export = word("export", "Freeze a snapshot, or take one, and download it.")
    export.add_argument("project")
    which = export.add_mutually_exclusive_group(required=True)
    which.add_argument("--name", help="freeze a new snapshot of this name")
    which.add_argument("--snapshot", metavar="UID", help="take this one")
    export.add_argument(
        "--filter", type=pair, action="append", default=[], metavar="NAME=VALUE",
        help="which labels a new snapshot holds",
    )  # fmt: skip
    export.add_argument(
        "--fraction", type=pair, action="append", default=[], metavar="SPLIT=SHARE",
        help="how it is divided: train, validation, test",
    )  # fmt: skip
    export.add_argument(
        "--to", metavar="PATH", help="download it: a folder, or with --format a file"
    )
    export.add_argument("--format", help="a download format; without it, the dataset directory")
    export.add_argument("--split", default="all")
    export.add_argument(
        "--option", type=pair, action="append", default=[], metavar="NAME=VALUE",
        help="an option of the format",
    )  # fmt: skip


def _run_words(word: Any, runs: argparse.ArgumentParser) -> None:
    deeds = runs.add_subparsers(metavar="DEED", required=True)

    def deed(name: str, help: str, argument: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = word(name, help, deeds)
        made.set_defaults(deed=f"runs {name}")
        if argument:
            made.add_argument(argument)
        return made

    deed("trainers", "What can be trained, with its settings.", "")
    deed("list", "The runs of a project.", "project")
    start = deed("start", "Queue a run.", "project")
    start.add_argument("trainer")
    start.add_argument("--snapshot", required=True, metavar="UID")
    start.add_argument("--parent", metavar="UID", help="the checkpoint to start from")
    start.add_argument("--name", default="")
    start.add_argument("--config", metavar="FILE", help="its settings as JSON; - is the input")
    start.add_argument(
        "--set", type=pair, action="append", default=[], metavar="NAME=VALUE",
        help="one setting, over those of the file",
    )  # fmt: skip
    start.add_argument("--follow", action="store_true", help="stay to its end")
    deed("show", "A run as it is now.", "uid")
    deed("follow", "A run's progress, to its end.", "uid")
    deed("stop", "Stop a run; it leaves a checkpoint.", "uid")
    deed("resume", "Go on from the last checkpoint.", "uid")
    deed("log", "The trainer's own output.", "uid")
    deed("checkpoints", "What a run left.", "uid")


def pair(text: str) -> tuple[str, Any]:
    """``NAME=VALUE``, where VALUE is JSON if it can be read so, and else a text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def as_dict(pairs: Any) -> dict[str, Any]:
    """Pairs by name; what is named twice becomes a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            before = found[name] if isinstance(found[name], list) else [found[name]]
            found[name] = [*before, value]
        else:
            found[name] = value
    return found
