"""What the page about the API shows: groups of operations down to the single field.

Plain records with nothing but text in them. config/api_docs.py makes them of an OpenAPI
description, config/templates/api_docs.html writes them down.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.curl import Example


@dataclass(frozen=True)
class Piece:
    """A stretch of a sentence; `is_code` where it names something literally."""

    text: str
    is_code: bool


Prose = tuple[Piece, ...]


@dataclass(frozen=True)
class Choice:
    """A value that a field may have; `label` where it says more than the value."""

    value: str
    label: str


@dataclass(frozen=True)
class Limits:
    """What a value keeps to, each as a range such as ``≤ 120``; empty where it does not matter."""

    value: str
    length: str
    items: str
    pattern: str


@dataclass(frozen=True)
class Field:
    """One row of a table: a parameter, or a field of a body.

    `parents` is the way to a field that is not at the top (``results[].``), `depth` its length;
    `repeats` names the schema around this field whose fields it has again.
    """

    name: str
    parents: str
    depth: int
    type: str
    description: Prose
    required: bool
    nullable: bool
    read_only: bool
    default: str
    choices: tuple[Choice, ...]
    limits: Limits
    repeats: str


@dataclass(frozen=True)
class Body:
    """What is sent or answered, in each of `media_types`."""

    media_types: tuple[str, ...]
    type: str
    description: Prose
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Response:
    """An answer by its status; without bodies it has none."""

    status: str
    reason: str
    bodies: tuple[Body, ...]


@dataclass(frozen=True)
class Refusal:
    """An answer that is the same everywhere: a problem document, or that nothing has changed."""

    status: str
    reason: str


@dataclass(frozen=True)
class Operation:
    """One method of one path; `scopes` are what a token needs, `headers` what a request may say."""

    method: str
    path: str
    anchor: str
    summary: Prose
    description: tuple[Prose, ...]
    is_deprecated: bool
    scopes: tuple[str, ...]
    headers: tuple[str, ...]
    path_parameters: tuple[Field, ...]
    query_parameters: tuple[Field, ...]
    body_required: bool
    bodies: tuple[Body, ...]
    responses: tuple[Response, ...]
    refusals: tuple[Refusal, ...]
    example: Example


@dataclass(frozen=True)
class Group:
    """The operations of one tag."""

    name: str
    anchor: str
    operations: tuple[Operation, ...]
