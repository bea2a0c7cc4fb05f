"""Which models may be named over the web: paths stay inside, other projects' runs stay closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.model_sources import ModelRefusedError, check_model

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["tiny", "SmolLM2-135M-Instruct", "org/name", "a.b/c-d_1"])
def test_built_in_names_and_hub_ids_pass(project, name) -> None:
    assert check_model(name, project=project) == name


@pytest.mark.parametrize(
    "name",
    [
        "../secret", "a/../b", "org/name/deeper", "name", "", "~/model", "https://host/model",
        "/etc", "/", "a\0b/c", "-rf/x", "org\\name",
    ],
)  # fmt: skip
def test_everything_else_is_refused(project, name) -> None:
    with pytest.raises(ModelRefusedError):
        check_model(name, project=project)


def test_folders_below_models_and_listed_ones_pass(project, settings, tmp_path, monkeypatch):
    inside = Path(settings.ACCORD_HOME) / "models" / "mine"
    inside.mkdir(parents=True, exist_ok=True)
    assert check_model(str(inside), project=project) == str(inside.resolve())
    listed = tmp_path / "listed" / "model"
    listed.mkdir(parents=True)
    with pytest.raises(ModelRefusedError, match="ACCORD_MODEL_DIRS"):
        check_model(str(listed), project=project)
    monkeypatch.setenv("ACCORD_MODEL_DIRS", str(tmp_path / "listed"))
    assert check_model(str(listed), project=project) == str(listed.resolve())
    with pytest.raises(ModelRefusedError, match="no folder"):
        check_model(str(listed / "absent"), project=project)


def test_a_link_is_followed_before_it_is_judged(project, settings, tmp_path) -> None:
    models = Path(settings.ACCORD_HOME) / "models"
    models.mkdir(exist_ok=True)
    link = models / "out"
    link.symlink_to(tmp_path)
    with pytest.raises(ModelRefusedError, match="outside"):
        check_model(str(link), project=project)


def test_runs_of_the_project_pass_and_others_do_not(run_factory, project, project_factory) -> None:
    run = run_factory()
    assert check_model(str(run.path), project=project) == str(run.path.resolve())
    with pytest.raises(ModelRefusedError):
        check_model(str(run.path), project=project_factory("other"))
    with pytest.raises(ModelRefusedError):
        check_model(str(run.path.parent), project=project)
