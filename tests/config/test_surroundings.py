"""The environment of every process, and where web processes count together."""

from config.surroundings import counting_folder, environment, forget_counts


def test_processes_find_home_database_and_address(tmp_path, monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    monkeypatch.setenv("DATABASE_URL_FILE", "/run/secrets/other")
    environ = environment(home=tmp_path, url="", host="::", port=81)
    assert environ["ACCORD_HOME"] == str(tmp_path)
    assert (environ["DATABASE_URL"], environ["HOST"], environ["PORT"]) == ("", "::", "81")
    # The embedded server is meant, whatever a file says.
    assert "DATABASE_URL_FILE" not in environ
    assert environ["PROMETHEUS_MULTIPROC_DIR"] == str(counting_folder(tmp_path))


def test_each_home_counts_for_itself_and_a_start_begins_anew(tmp_path):
    folder = counting_folder(tmp_path)
    (folder / "counter_1.db").touch()
    assert counting_folder(tmp_path) == folder != counting_folder(tmp_path / "other")
    assert any(folder.iterdir())
    assert not any(counting_folder(tmp_path, fresh=True).iterdir())
    assert folder.stat().st_mode & 0o077 == 0
    forget_counts(tmp_path)
    assert not folder.exists()
