"""The command's beginning and end: what was asked, and what an exception means for the shell."""

from __future__ import annotations

import os
import sys

from accord.command.deeds import DEEDS
from accord.command.parsing import parser
from accord.errors import (
    AccordError,
    ConnectionFailedError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    ProblemError,
    WorkFailedError,
)

REFUSED, NOT_ALLOWED, NOT_FOUND, NO_CONNECTION, FAILED, INTERRUPTED = 1, 3, 4, 5, 6, 130


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    given = parser().parse_args(arguments)
    try:
        DEEDS[given.deed](given)
    except AccordError as problem:
        print(f"accord: {problem}", file=sys.stderr)
        if isinstance(problem, ProblemError) and isinstance(problem.errors, dict):
            for field, said in problem.errors.items():
                print(f"  {field}: {_sentences(said)}", file=sys.stderr)
        return code_of(problem)
    except KeyboardInterrupt:
        print("accord: interrupted; what was begun on the server goes on.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads has enough; nothing is to be said at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def code_of(problem: AccordError) -> int:
    """The exit code of an exception."""
    if isinstance(problem, (NotSignedInError, NotAllowedError)):
        return NOT_ALLOWED
    if isinstance(problem, NotFoundError):
        return NOT_FOUND
    if isinstance(problem, ConnectionFailedError):
        return NO_CONNECTION
    if isinstance(problem, WorkFailedError):
        return FAILED
    return REFUSED


def _sentences(said: object) -> str:
    if isinstance(said, list):
        return " ".join(_sentences(one) for one in said)
    if isinstance(said, dict):
        return " ".join(f"{name}: {_sentences(one)}" for name, one in said.items())
    return str(said)
