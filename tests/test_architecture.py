"""The house's laws, read from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("labelers", "annotation", "exports", "training", "config")
"""From left to right: an app may import those left of it."""

PURE = {
    "annotation/task_kinds": {"django", "torch"},
    "annotation/stats": {"django", "torch"},
    "annotation/readers": {"django", "torch"},
    "annotation/transcripts.py": {"django", "torch"},
    "annotation/candidates.py": {"django", "torch"},
    "annotation/hashing.py": {"django", "torch"},
    "annotation/planning.py": {"django", "torch"},
    "annotation/personal_data.py": {"django", "torch"},
    **{
        f"annotation/intake/{name}.py": {"django", "torch"}
        for name in ("rows", "findings", "hands", "spool", "blocks")
    },
    "exports/records.py": {"django", "torch"},
    "exports/dataset_dir.py": {"django", "torch"},
    "exports/splitting.py": {"django", "torch"},
    "exports/formats": {"django", "torch"},
    "training/run_dir.py": {"django", "torch", "transformers"},
    "training/trainers/catalog.py": {"django", "torch", "transformers"},
    "training/trainers/configs": {"django", "torch", "transformers"},
    "training/trainers": {"django"},
}


def files(place: str) -> Iterator[Path]:
    path = ROOT / place
    assert path.exists(), place
    if path.is_file():
        yield path
    else:
        yield from (p for p in path.rglob("*.py") if "migrations" not in p.parts)


def imports_of(path: Path) -> set[str]:
    """The modules that a file names in import statements, wherever they stand."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module)
    return found


@pytest.mark.parametrize("app", ORDER[:-1])
def test_apps_import_only_to_the_left(app):
    right = set(ORDER[ORDER.index(app) + 1 :])
    wrong = {
        (str(path.relative_to(ROOT)), module)
        for path in files(app)
        for module in imports_of(path)
        if module.split(".")[0] in right
    }
    assert wrong == set()


@pytest.mark.parametrize(("place", "forbidden"), PURE.items(), ids=list(PURE))
def test_pure_modules_stay_pure(place, forbidden):
    wrong = {
        (str(path.relative_to(ROOT)), module)
        for path in files(place)
        for module in imports_of(path)
        if module.split(".")[0] in forbidden
    }
    assert wrong == set()


def test_there_are_no_import_circles():
    modules = {}
    for app in ORDER:
        for path in files(app):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            modules[name.removesuffix(".__init__")] = path
    edges = {
        name: {m for m in modules_named_in(path) if m in modules and m != name}
        for name, path in modules.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name in done:
            return
        for other in edges[name]:
            visit(other, (*trail, name))
        done.add(name)

    for name in edges:
        visit(name, ())


def modules_named_in(path: Path) -> set[str]:
    """The modules a file imports anywhere; `from a import b` may mean the module a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named = {f"{node.module}.{name.name}" for name in node.names}
            known = {n for n in named if (ROOT / (n.replace(".", "/") + ".py")).exists()}
            found |= known or {node.module}
    return found


def test_the_web_process_loads_no_training_library():
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings';"
        "import config.wsgi, django.urls; django.urls.get_resolver().url_patterns;"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'pandas', 'scipy.stats'};"
        "heavy &= set(sys.modules);"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_module_says_what_it_is():
    silent = [
        str(path.relative_to(ROOT))
        for app in (*ORDER, "bench")
        for path in files(app)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
