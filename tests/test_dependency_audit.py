"""The audit of dependencies: what it reads out of pip-audit, and that silence is no good news."""

from __future__ import annotations

import pytest

from tests import dependency_audit

WEAK = {
    "name": "jinja2",
    "version": "2.10",
    "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"]}],
}
FINE = {"name": "django", "version": "5.2.19", "vulns": []}
UNKNOWN = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def service(monkeypatch):
    def answers(canary, packages):
        def audit(requirements):
            return canary if requirements.name == "requirements.txt" else packages

        monkeypatch.setattr(dependency_audit, "audit", audit)

    return answers


def test_a_weak_package_fails_and_is_named(service, capsys):
    service([WEAK], [FINE, WEAK])
    assert dependency_audit.main() == 1
    assert "jinja2 2.10: PYSEC-2019-217, mended in 2.10.1" in capsys.readouterr().out


def test_without_weaknesses_it_passes(service, capsys):
    service([WEAK], [FINE])
    assert dependency_audit.main() == 0
    assert "No weakness is known." in capsys.readouterr().out


@pytest.mark.parametrize("canary", [None, [], [UNKNOWN]])
def test_a_machine_without_a_way_passes_and_says_that_nothing_was_checked(service, capsys, canary):
    service(canary, [FINE])
    assert dependency_audit.main() == 0
    assert capsys.readouterr().out.startswith("NOT CHECKED")
