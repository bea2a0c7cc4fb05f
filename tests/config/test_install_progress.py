"""The line that a person watches while pip works."""

from pathlib import Path

from config.install_progress import InstallProgress


def test_counts_what_pip_collects_then_what_lies_in_the_folder(tmp_path: Path) -> None:
    progress = InstallProgress(wanted=4, packages=tmp_path)
    for line in (
        "WARNING: Location 'x' is ignored: it is not there.",
        "Collecting Django==5.2",
        "  Downloading django-5.2-py3-none-any.whl (8.3 MB)",
        "Requirement already satisfied: numpy==2 in ./somewhere",
    ):
        progress.heed(line)
    assert "2/4 collected" in progress.text()
    assert "ignored" not in progress.text()
    progress.heed("Installing collected packages: Django")
    (tmp_path / "Django-5.2.dist-info").mkdir()
    assert "1/4 installed" in progress.text()
    assert len(progress.text()) <= 79


def test_names_what_is_being_downloaded(tmp_path: Path) -> None:
    progress = InstallProgress(wanted=1, packages=tmp_path)
    progress.heed("  Downloading https://example.org/torch-2.13.0-cp311.whl (800.1 MB)")
    assert "downloading torch, 800.1 MB" in progress.text()
