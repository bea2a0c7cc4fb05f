"""Asks every address for everybody: who gets in, method by method, in one furnished house.

Each request runs in a savepoint that is taken back, so none changes what the next one finds. What
is expected stands in `roles_matrix`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotation.intake import batches, previewing
from annotation.models import Exam
from annotation.pay import rating_work
from labelers import inviting, tokens
from labelers.models import BrowserSession, Person, Project, Qualification, Role
from labelers.roles import add_member
from tests.browser.everyone import OBJECTS
from tests.browser.furnishing import furnished
from tests.security.roles_matrix import FORMS, QUERIES, SAME_ADDRESS, SAME_OBJECTS, Row, rows

SCOPES = ("label", "admin", "export", "train")
ROLES = ("labeler", "adjudicator", "researcher", "engineer", "admin")
PEOPLE = (
    "anonymous",
    *("outsider", "other_admin"),
    *("labeler", "suspended", "adjudicator", "researcher", "engineer", "admin", "staff"),
)
ACTORS = (*PEOPLE, *(f"token:{scope}" for scope in SCOPES))
"""An outsider labels in another project, other_admin holds every role there. Tokens are the
admin's, each with one scope."""

CLOSED = {401, 403, 404, 405}
"""A stranger is told that there is nothing (404), a member that it is not theirs (403)."""


UIDS = {"snapshots/": "snapshots", "runs/": "runs", "webhooks/": "webhooks"}
"""Where the furnished house has what an address of this beginning names by its uid."""


class House:
    """The furnished house, a client for everybody, and what opens each address."""

    def __init__(self, person_factory: Callable, project_factory: Callable) -> None:
        self.rooms: SimpleNamespace = furnished(
            person_factory, project_factory, kinds=("pairwise", "demonstration")
        )
        projects = list(Project.objects.all())
        elsewhere = project_factory("elsewhere")
        self.people: dict[str, Person] = {}
        for name in PEOPLE[1:]:
            self.people[name] = person_factory(name, is_staff=name == "staff")
        for project in projects:
            for role in ROLES:
                add_member(project=project, person=self.people[role], role=role)
            add_member(project=project, person=self.people["suspended"], role=Role.LABELER)
            Qualification.objects.create(
                project=project, person=self.people["suspended"], stage="suspended"
            )
        add_member(project=elsewhere, person=self.people["outsider"], role=Role.LABELER)
        for role in ROLES:
            add_member(project=elsewhere, person=self.people["other_admin"], role=role)
        self.clients = {name: self._client(name) for name in ACTORS}
        self._own_things()

    def _client(self, name: str) -> Client:
        client = Client(raise_request_exception=False)
        if name.startswith("token:"):
            scope = name.removeprefix("token:")
            _token, secret = tokens.create_token(
                person=self.people["admin"], name=scope, scopes=[scope]
            )
            client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        elif name != "anonymous":
            client.force_login(self.people[name])
        # Writes down that the session or token is in use, which is not done again for a while; what
        # is taken back after each request would be.
        client.get(reverse("api-me") if name.startswith("token:") else reverse("notices"))
        return client

    def _own_things(self) -> None:
        """What belongs to the admin alone."""
        admin = self.people["admin"]
        token = tokens.create_token(person=admin, name="own", scopes=["label"])[0]
        client = Client()
        client.force_login(admin)
        client.get("/account/")
        session = BrowserSession.objects.get(session_key=client.session.session_key)
        identity = admin.socialaccount_set.create(provider="oidc", uid="7")
        project = Project.objects.get(slug="pairwise")
        _made, link = inviting.invite(
            project=project, role="labeler", created_by=admin, max_uses=100
        )
        self.own = {
            "token-revoke": {"pk": token.pk},
            "api-token": {"pk": token.pk},
            "session-end": {"pk": session.pk},
            "api-session": {"pk": session.pk},
            "identity-leave": {"pk": identity.pk},
            "invitation": {"token": link},
        }
        self._what_is_there_at_times(admin, project)

    def _what_is_there_at_times(self, admin: Person, project: Project) -> None:
        """What there is only where somebody did something: a rate, an exam, refused rows."""
        rating_work.set_rate(project=project, set_by=admin, currency="EUR")
        batch = self.rooms.batch
        batch.path = batch.path or str(Path(settings.ACCORD_HOME, "imports", "walked", "rows"))
        batch.save()
        folder = batches.folder_of(batch)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / previewing.REFUSED).write_text("{}\n")
        self.named = {
            "labeler": f"p:{self.rooms.judge.pk}",
            "exam": Exam.objects.filter(person=self.rooms.candidate).latest("pk").pk,
        }

    def kwargs(self, name: str, pattern: URLPattern) -> dict[str, Any]:
        """What opens this address: of a page's own objects, or of those of another address."""
        if name in self.own:
            return self.own[name]
        needed = set(pattern.pattern.converters) or set(pattern.pattern.regex.groupindex)
        source = SAME_OBJECTS.get(name, name.removeprefix("api-"))
        if callable(source):
            return dict(source(self.rooms))
        if not needed:
            return {}
        if source in OBJECTS:
            found = [each for each in OBJECTS[source](self.rooms) if set(each) >= needed]
            if found:
                return {key: found[0][key] for key in needed}
        if needed == {"uid"}:
            for part, things in UIDS.items():
                if str(pattern.pattern).startswith(part):
                    return {"uid": getattr(self.rooms, things)[0].uid}
        if needed != {"slug"}:
            raise LookupError(
                f"{name}: it needs {sorted(needed)}. Say in SAME_OBJECTS of roles_matrix.py which "
                "page has these objects, or how to find them."
            )
        return {"slug": "pairwise"}

    def ask(
        self, actor: str, method: str, url: str, *, as_json: bool, form: Mapping[str, str]
    ) -> int:
        """The status of one request whose traces are removed; 302 to sign-in counts as 401."""
        client = self.clients[actor]
        cookies = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
        # Forms take an empty body for no form at all.
        body: dict[str, Any] = {} if method == "GET" else {"data": {"unknown": "1", **form}}
        if as_json and method != "GET":
            body = {"data": "{}", "content_type": "application/json"}
        with transaction.atomic():
            answer = getattr(client, method.lower())(url, **body)
            if answer.streaming:
                for _piece in answer.streaming_content:
                    pass
                answer.close()
            transaction.set_rollback(True)
        client.cookies = cookies
        if answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/?next="):
            return 401
        return int(answer.status_code)


def routes() -> Iterator[tuple[str, str, URLPattern]]:
    """Name, route and pattern of every address of this site."""
    yield from _under(get_resolver(), "")


def _under(resolver: URLResolver, before: str) -> Iterator[tuple[str, str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _under(pattern, route)
        else:
            assert pattern.name, f"{route}: give this address a name"
            yield pattern.name, route, pattern


def methods_of(pattern: URLPattern) -> set[str] | None:
    """The methods that an API view has; None for a page, which may take GET and POST."""
    view = getattr(pattern.callback, "cls", None)
    if view is None:
        return None
    return {
        name.upper()
        for name in ("get", "post", "put", "patch", "delete")
        if hasattr(view, name) and name in view.http_method_names
    }


@dataclass(frozen=True)
class Asked:
    """One question, who was let in, who was refused, and whose request failed."""

    row: Row
    route: str
    statuses: dict[str, int]
    problem: str = ""

    @property
    def let_in(self) -> set[str]:
        """Everybody who got further than the door."""
        return {actor for actor, status in self.statuses.items() if status not in CLOSED}

    @property
    def failed(self) -> set[str]:
        """Whose request ended in a failure of the server."""
        return {actor for actor, status in self.statuses.items() if status >= 500}

    @property
    def expected(self) -> set[str]:
        """Who is to be let in, of those who were asked for."""
        found = set(self.row.who)
        if self.route.startswith("api/") and "admin" in found:
            of_any = self.row.scope in {"", "any"}
            found |= {f"token:{scope}" for scope in (SCOPES if of_any else [self.row.scope])}
        return found & set(self.statuses)


def ask_everybody(house: House) -> Iterator[Asked]:
    """Every address with every method, for everybody whom it could matter to."""
    table = rows()
    for name, route, pattern in routes():
        if name in SAME_ADDRESS:
            continue
        try:
            url = reverse(name, kwargs=house.kwargs(name, pattern))
        except LookupError as problem:
            yield Asked(_unwritten(name, "GET", table), route, {}, str(problem))
            continue
        query = QUERIES.get(name, "").format(**house.named)
        form = {key: said.format(**house.named) for key, said in FORMS.get(name, {}).items()}
        is_api = route.startswith("api/")
        for method in sorted(methods_of(pattern) or {"GET", "POST"}):
            row = table.get((name, method))
            asked = url + query if method == "GET" else url
            actors = (*PEOPLE, *_tokens_for(row)) if is_api else PEOPLE
            if row is None:
                row = _unwritten(name, method, table)
                actors = ("anonymous", "outsider", "labeler")
            statuses = {
                actor: house.ask(actor, method, asked, as_json=is_api, form=form)
                for actor in actors
            }
            yield Asked(row, route, statuses)


def _tokens_for(row: Row | None) -> tuple[str, ...]:
    """The token that is to be let in, and one that is not: by turns, so that each is tried."""
    needed = row.scope if row and row.scope in SCOPES else "label"
    others = [scope for scope in SCOPES if scope != needed]
    return f"token:{needed}", f"token:{others[len(row.name if row else '') % len(others)]}"


def _unwritten(name: str, method: str, table: dict[tuple[str, str], Row]) -> Row:
    """A method of a page that has no line: it may do what a GET may, if there is one."""
    get = table.get((name, "GET"))
    return Row(name, method, get.who if get else frozenset(), get.group if get else "nobody")


def nameless() -> list[str]:
    """What the table lacks, and what it has too much: lines to add and to take away."""
    table, problems, known = rows(), [], set()
    for name, route, pattern in routes():
        known.add(name)
        if name in SAME_ADDRESS:
            continue
        methods = methods_of(pattern)
        lines = {method for row, method in table if row == name}
        if methods is None and not lines:
            problems.append(f"add a line for {name} (/{route}): NAME  GET POST  WHO")
        for method in sorted((methods or set()) - lines):
            problems.append(
                f"add a line for {name} {method} (/{route}): NAME  {method}  WHO  SCOPE"
            )
        if methods is not None and (gone := lines - methods):
            problems.append(f"take {name} {' '.join(sorted(gone))} away: there is no such method")
    problems += [
        f"take {name} away: there is no such address" for name, _m in table if name not in known
    ]
    return sorted(set(problems))
