"""What every test shares. The home and the database are made earlier, in `tests.settings`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import throwaway

_REAL = {"transactional_db", "live_server"}
"""Fixtures under which what a test writes is committed."""


_LONGEST = (
    *("browser/test_everyone", "test_api_cases", "security/test_roles", "faults/"),
    *("config/test_supervising", "training/test_worker", "exports/test_trl_trains"),
    *("training/trainers/test_default_model", "config/", "browser/"),
)
"""Where the tests are that take longest: they begin, so that no process works alone at the end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also the tests that take long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(Path(__file__).parent).as_posix()
        found = (n for n, start in enumerate(_LONGEST) if path.startswith(start))
        return next(found, len(_LONGEST))

    items.sort(key=place)


def pytest_configure() -> None:
    # Without them a test could write to the home of somebody's running Accord.
    if not throwaway.provided():
        raise pytest.UsageError(
            "The tests need their own settings: unset DJANGO_SETTINGS_MODULE and --ds."
        )


def pytest_unconfigure() -> None:
    throwaway.remove()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Before the first test that reaches the database: empty it afterwards in our way."""
    from tests import emptying

    emptying.install()


@pytest.fixture(autouse=True)
def english():
    """Begin in English: a request leaves its language with the thread that answered it."""
    from django.utils import translation

    translation.activate("en")


@pytest.fixture(autouse=True)
def no_jobs_left(request, django_db_blocker):
    """Empty the queue after a test with real transactions: Django empties its own tables only."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or _REAL & set(request.fixturenames):
        from django.db import connection

        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture
def person_factory(db):
    """Make a person: `person_factory("aiko", project, "labeler")`."""
    from labelers.models import Person
    from labelers.roles import add_member

    def make(username, project=None, *roles, **fields):
        person = Person.objects.create_user(username=username, password="a long phrase", **fields)
        for role in roles:
            add_member(project=project, person=person, role=role)
        return person

    return make


@pytest.fixture
def project_factory(db) -> Callable:
    """Make a project with its settings: `project_factory("essays", kind="ranking", overlap=3)`."""
    from annotation.models import ProjectSettings
    from labelers.models import Project

    def make(slug="essays", *, kind="pairwise", **settings):
        project = Project.objects.create(name=slug.title(), slug=slug)
        ProjectSettings.objects.create(project=project, kind=kind, **settings)
        return project

    return make


@pytest.fixture
def project(project_factory):
    """A pairwise project called essays, without gold."""
    return project_factory("essays", gold_rate=0)


@pytest.fixture
def admin(person_factory, project):
    """An admin of `project`."""
    return person_factory("ada", project, "admin")


@pytest.fixture
def engineer(person_factory, project):
    """An engineer of `project`."""
    return person_factory("erik", project, "engineer")


@pytest.fixture
def labeler(person_factory, project):
    """A labeler of `project`."""
    return person_factory("aiko", project, "labeler")


@pytest.fixture
def stranger(person_factory, project_factory):
    """An admin of another project, who must not learn of `project`."""
    return person_factory("sten", project_factory("elsewhere"), "admin", "labeler")
