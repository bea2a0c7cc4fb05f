"""The client against a real server: what it sends arrives, what it fetches is checked."""

from __future__ import annotations

import hashlib
import json

import pytest
from accord import Accord, errors
from accord.snapshots import MANIFEST, hashes_of, verify_directory

from labelers import tokens
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks
from tests.client.working import work

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [{"prompt": f"Ask {n}?", "chosen": f"Good {n}.", "rejected": f"Bad {n}."} for n in range(3)]


@pytest.fixture
def client(live_server, admin, project):
    """A client of the admin; whenever it waits, a worker works."""
    _token, secret = tokens.create_token(
        person=admin, name="t", scopes=["admin", "export", "label", "train"]
    )
    return Accord(live_server.url, secret, sleep=lambda seconds: work())


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'pairs "of may".jsonl'
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_an_import_from_beginning_to_end(client, project, file):
    sent: list[tuple[int, int]] = []
    made = client.imports.send(
        "essays", file, format="trl", source="ältere", on_sent=lambda *n: sent.append(n), key="k"
    )
    again = client.imports.send("essays", file, format="trl", source="ältere", key="k")
    assert again["uid"] == made["uid"]
    size = file.stat().st_size
    assert sent[-1] == (size, size)
    states: list[str] = []
    done = client.imports.wait(
        "essays", made["uid"], on_progress=lambda found: states.append(found["state"])
    )
    assert (states[0], done["state"], done["rows_done"]) == ("queued", "done", 3)
    assert done["source"] == "ältere"
    assert done["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert [row["uid"] for row in client.imports.list("essays")] == [made["uid"]]
    assert project.tasks.count() == 3


def test_a_refused_import_names_lines(client, file):
    file.write_text(file.read_text() + '{"prompt": "Ask?"}\n')
    made = client.imports.send("essays", file, format="trl")
    with pytest.raises(errors.WorkFailedError) as failed:
        client.imports.wait("essays", made["uid"])
    assert failed.value.result["problems"][0]["line"] == 4


class TestSnapshots:
    """A dataset directory, checked against its manifest."""

    @pytest.fixture
    def snapshot(self, client, project, labeler):
        make_tasks(project, 3)
        for _ in range(3):
            answer_next(labeler, project, A_IS_BETTER)
        fractions = {"train": 1.0, "validation": 0.0, "test": 0.0}
        made = client.snapshots.create("essays", "may", fractions=fractions)
        return client.snapshots.wait(made["uid"])

    def test_the_directory_arrives_whole(self, client, snapshot, tmp_path):
        folder = client.snapshots.download_directory(snapshot["uid"], tmp_path / "may")
        manifest = verify_directory(folder)
        assert manifest["digest"] == snapshot["digest"]
        here = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert here == {*manifest["files"], MANIFEST}

    def test_what_broke_off_goes_on_and_what_was_changed_is_mended(
        self, client, snapshot, tmp_path
    ):
        folder = client.snapshots.download_directory(snapshot["uid"], tmp_path / "may")
        manifest = verify_directory(folder)
        (folder / "README.md").write_text("changed")
        with pytest.raises(errors.AccordError, match=r"README\.md was changed"):
            verify_directory(folder)
        (folder / "lineage.parquet").unlink()
        with pytest.raises(errors.AccordError, match=r"changed|missing"):
            verify_directory(folder)
        fetched: set[str] = set()
        client.snapshots.download_directory(
            snapshot["uid"], folder, on_received=lambda name, size: fetched.add(name)
        )
        assert fetched == {"README.md", "lineage.parquet", MANIFEST}
        assert verify_directory(folder) == manifest

    def test_what_is_not_as_the_manifest_says_is_not_kept(
        self, client, snapshot, tmp_path, monkeypatch
    ):
        true = client.snapshots.manifest(snapshot["uid"])
        true["files"]["README.md"]["sha256"] = "0" * 64
        monkeypatch.setattr(client.snapshots, "manifest", lambda uid: true)
        with pytest.raises(errors.AccordError, match="did not arrive whole"):
            client.snapshots.download_directory(snapshot["uid"], tmp_path / "may")
        assert not (tmp_path / "may" / "README.md").exists()
        assert not list((tmp_path / "may").rglob(".*"))

    @pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "C:x", "a\\b", ""])
    def test_a_manifest_cannot_lead_out_of_the_folder(
        self, client, snapshot, tmp_path, monkeypatch, name
    ):
        lie = {"files": {name: {"sha256": "0" * 64}}}
        monkeypatch.setattr(client.snapshots, "manifest", lambda uid: lie)
        with pytest.raises(errors.AccordError, match="outside"):
            client.snapshots.download_directory(snapshot["uid"], tmp_path / "may")
        assert hashes_of(lie)

    def test_one_file_in_a_format(self, client, snapshot, tmp_path):
        path = client.snapshots.download(
            snapshot["uid"], tmp_path / "may.jsonl", format="trl_preference", margin=True
        )
        assert len(path.read_text().splitlines()) == 3
        with pytest.raises(errors.InvalidInputError, match=r"[Cc]hoose one of"):
            client.snapshots.download(snapshot["uid"], path, format="nonsense")
        assert len(path.read_text().splitlines()) == 3


def test_runs(client, project, labeler):
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    made = client.snapshots.create("essays", "may")
    client.snapshots.wait(made["uid"])
    assert "reward_model" in {trainer["name"] for trainer in client.runs.trainers()}
    run = client.runs.start("essays", "reward_model", made["uid"], config={"epochs": 1})
    assert [row["uid"] for row in client.runs.list("essays", snapshot=made["uid"])] == [run["uid"]]
    with pytest.raises(errors.InvalidInputError):
        client.runs.start("essays", "reward_model", made["uid"], config={"epochs": "many"})
    check = client.runs.check("essays", "reward_model", made["uid"], config={"epochs": 1})
    assert (check["is_check"], client.runs.report(check["uid"])["data"]) == (True, {})
    other = client.runs.start("essays", "reward_model", made["uid"], config={"epochs": 2})
    compared = client.runs.compare("essays", [run["uid"], other["uid"]])
    assert [(row["name"], row["values"]) for row in compared["settings"]] == [("Epochs", [1, 2])]
    client.runs.cancel(run["uid"])
    assert list(client.runs.follow(run["uid"])) == []
    with pytest.raises(errors.WorkFailedError, match="cancelled"):
        client.runs.wait(run["uid"])
    assert client.runs.log(run["uid"]) == []
    assert list(client.runs.checkpoints(run["uid"])) == []


def test_the_rest(client, project):
    assert client.me()["username"] == "ada"
    assert [row["slug"] for row in client.projects.list()] == ["essays"]
    assert client.projects.get("essays")["roles"] == ["admin"]
    assert client.quality.get("essays")["judgments"] == 0
    assert client.quality.labelers("essays")["labelers"] == []
    assert client.quality.table("essays", "pairs").count(",") > 1
    assert client.get("task-kinds/")[0]["name"]
    with pytest.raises(errors.NotFoundError):
        client.projects.get("no/where")
    with pytest.raises(errors.NotAllowedError):
        client.projects.create("Other", "pairwise")
    with pytest.raises(errors.NotSignedInError):
        Accord(client.calls.url, "accord_wrong").me()


def test_pages_of_a_long_list(client, project):
    make_tasks(project, 5)
    found = list(client.pages("projects/essays/items/", page_size=2))
    assert len({row["id"] for row in found}) == 5


def test_webhooks(client, monkeypatch):
    made = client.webhooks.create("essays", "x", "https://8.8.8.8/", ["run.done", "import.done"])
    uid = made["uid"]
    assert made["secret"] != client.webhooks.new_secret(uid)["secret"]
    assert client.webhooks.change(uid, is_on=False)["off_because"] == "person"
    test = client.webhooks.test(uid)
    assert [row["uid"] for row in client.webhooks.deliveries(uid)] == [test["uid"]]
    client.webhooks.resend(uid, test["uid"])
    assert [row["uid"] for row in client.webhooks.list("essays")] == [uid]
    client.webhooks.remove(uid)
    assert list(client.webhooks.list("essays")) == []
