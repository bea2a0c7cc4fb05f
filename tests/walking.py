"""A walk over the API: requests made up from its description, and what is wrong with the answers.

Every case is a transaction that is rolled back, so each begins with the same house whatever those
before it did, and a round of the same number asks the same every time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import schemathesis
import werkzeug.test
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks

EACH = 1
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
    checks.positive_data_acceptance,
    checks.unsupported_method,
    checks.missing_required_header,
]


def described(application):
    """The description as programs read it, for somebody who is signed in all along."""
    document = werkzeug.test.Client(application).get("/api/schema/?format=json").json
    for methods in document["paths"].values():
        for operation in methods.values():
            # Who is not signed in is a case of its own, in the matrix of roles.
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    # Rules that hold between fields, or with what is stored, are beyond a schema: such requests may
    # be refused. And conditions are looked at before a body is.
    schema.config.checks.positive_data_acceptance.expected_statuses += ["400", "412", "422"]
    schema.config.checks.negative_data_rejection.expected_statuses += ["412"]
    return schema


def breakable(operation) -> bool:
    """Whether a request could be wrong: not where it is made of mere words, which are all right.

    Those are worth passing over, for a wrong one is looked for in hundreds of attempts.
    """
    if operation.body or operation.query:
        return True
    parameters = [*operation.path_parameters, *operation.headers]
    return not parameters or any(p.definition["schema"] != {"type": "string"} for p in parameters)


@dataclass
class Walk:
    """Asks every operation of a schema; `places` is what stands in addresses after each word."""

    schema: schemathesis.BaseSchema
    places: dict[str, list[dict[str, object]]]
    headers: dict[str, str]
    statuses: Counter = field(default_factory=Counter)
    violations: dict[tuple[str, str, int], str] = field(default_factory=dict)

    def round(self, number: int) -> None:
        """Ask every operation: requests as described and broken ones, by the number."""
        for as_described, broken in self.strategies:
            self.ask(as_described, 2 * EACH, number)
            if broken is not None:
                self.ask(broken, EACH, number)

    @cached_property
    def strategies(self) -> list[tuple[SearchStrategy, SearchStrategy | None]]:
        """What makes requests of each operation: as described, and broken."""
        modes = schemathesis.GenerationMode
        operations = [found.ok() for found in self.schema.get_all_operations()]
        return [
            (
                operation.as_strategy(generation_mode=modes.POSITIVE),
                operation.as_strategy(generation_mode=modes.NEGATIVE)
                if breakable(operation)
                else None,
            )
            for operation in operations
        ]

    def ask(self, strategy: SearchStrategy, count: int, number: int) -> None:
        """Send `count` requests of a kind; some operations have nothing that could be broken."""
        numbers = iter(range(number * count, 10**9))

        @seed(number)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def each(case):
            self.place(case, next(numbers))
            self.send(case)

        try:
            each()
        except Unsatisfiable:
            return

    def place(self, case, number: int) -> None:
        """Make most cases about something that exists."""
        path = case.meta.components.get(ParameterLocation.PATH)
        if number % 4 == 3 or (path is not None and path.mode.is_negative):
            return
        words = case.operation.path.split("/")
        named = [before for before, word in pairwise(words) if word[:1] == "{"]
        if named and (known := self.places.get(named[-1])):
            case.path_parameters = dict(known[number % len(known)])

    def send(self, case) -> None:
        """Send one request and look at the answer."""
        with transaction.atomic():
            response = case.call(headers=self.headers)
            transaction.set_rollback(True)
        self.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                key = (case.operation.label, type(failure).__name__, response.status_code)
                said = (str(failure), case.as_curl_command()[:600], response.text[:400])
                self.violations.setdefault(key, "\n".join(said))

    def summary(self) -> dict[str, object]:
        """What there is to say in numbers."""
        return {
            "cases": self.statuses.total(),
            "endpoints": len(self.strategies),
            "violations": len(self.violations),
            "failures": sum(n for status, n in self.statuses.items() if status >= 500),
            "statuses": dict(sorted(self.statuses.items())),
            "found": [" ".join(map(str, key)) for key in self.violations],
        }

    def told(self) -> str:
        """Every violation in full."""
        found = [f"{key}: {said}" for key, said in self.violations.items()]
        return "\n\n".join([*found, str(self.summary())])
