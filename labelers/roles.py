"""Who may do what: the questions that every door (page, API, command) asks before it acts.

A stranger to a project learns nothing about it, so a missing role is answered like a missing
project (404); a member who lacks the role is told so (403).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from labelers import statements
from labelers.models import Membership, Person, Project, Role

MANAGING = frozenset({Role.ADMIN})
READING = frozenset({Role.ADMIN, Role.ENGINEER, Role.RESEARCHER})
TRAINING = frozenset({Role.ADMIN, Role.ENGINEER})
LABELING = frozenset({Role.LABELER, Role.ADJUDICATOR, Role.ADMIN})
ADJUDICATING = frozenset({Role.ADJUDICATOR, Role.ADMIN})
COMMENTING = frozenset({Role.ADMIN, Role.RESEARCHER, Role.ADJUDICATOR})
ANY = frozenset(Role)


def projects_of(person: Person) -> QuerySet[Project]:
    """The projects that `person` may know of."""
    if person.is_staff:
        return Project.objects.all()
    return Project.objects.filter(memberships__person=person).distinct()


def roles_in(person: Person, project: Project) -> set[str]:
    """The roles of `person` in `project`; staff hold admin everywhere."""
    roles = set(
        Membership.objects.filter(person=person, project=project).values_list("role", flat=True)
    )
    if person.is_staff:
        roles.add(Role.ADMIN)
    return roles


def roles_by_project(person: Person, projects: Iterable[Project]) -> dict[int, set[str]]:
    """What `roles_in` says, of many projects in one query."""
    found: dict[int, set[str]] = {
        project.pk: {Role.ADMIN} if person.is_staff else set() for project in projects
    }
    rows = Membership.objects.filter(person=person, project__in=found)
    for project, role in rows.values_list("project_id", "role"):
        found[project].add(role)
    return found


def require(person: Person, project: Project, allowed: frozenset[Role]) -> set[str]:
    """Return the person's roles in `project`, or refuse.

    Raises:
        Http404: `person` has no role in the project at all.
        PermissionDenied: `person` is a member without any of the `allowed` roles.
    """
    return _require(roles_in(person, project), project, allowed)


def _require(roles: set[str], project: Project, allowed: frozenset[Role]) -> set[str]:
    if not roles:
        raise Http404(_("No such project."))
    if not roles & allowed:
        needed = ", ".join(str(role.label) for role in sorted(allowed))
        raise PermissionDenied(
            _("This needs one of these roles in {project}: {roles}.").format(
                project=project.name, roles=needed
            )
        )
    return roles


def require_staff(person: Person) -> None:
    """Refuse whoever does not run this site.

    Raises:
        PermissionDenied: `person` is not staff.
    """
    if not person.is_staff:
        raise PermissionDenied(_("This is for the people who run this site."))


def find_project(person: Person, slug: str, allowed: frozenset[Role]) -> Project:
    """The project called `slug`, if `person` holds one of the `allowed` roles in it.

    Raises:
        Http404: there is none, or `person` is a stranger to it.
        PermissionDenied: `person` is a member without any of the `allowed` roles.
    """
    found = statements.row(_PROJECT, {"slug": slug, "person": person.pk})
    if found is None:
        raise Http404(_("No such project."))
    return admit(person, statements.instance(Project, found[1:]), found[0], allowed)


def admit(
    person: Person, project: Project, held: Iterable[str], allowed: frozenset[Role]
) -> Project:
    """The project, for somebody of whom `HELD` was read with it.

    Raises:
        Http404, PermissionDenied: as `find_project` raises them.
    """
    _require(set(held) | ({Role.ADMIN} if person.is_staff else set()), project, allowed)
    return project


HELD = """ARRAY(SELECT m.role FROM labelers_membership m
    WHERE m.project_id = p.id AND m.person_id = %(person)s)"""
"""A column of a statement about a project `p`: the roles that a person holds in it."""

_PROJECT = f"""
SELECT {HELD}, {statements.columns(Project, "p")} FROM labelers_project p WHERE p.slug = %(slug)s
"""  # noqa: S608 - the names of our own columns


def add_member(*, project: Project, person: Person, role: str) -> Membership:
    """Give `person` the `role` in `project`; giving it twice changes nothing."""
    membership, _created = Membership.objects.get_or_create(
        project=project, person=person, role=role
    )
    return membership
