"""The environment: made once, left alone when whole, repaired when it is not. Installs one tiny
wheel of our own.
"""

import base64
import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from config import setting_up
from config.setting_up import CannotSetUp, set_up

CODE = "answer = 42\n"


def write_wheel(folder: Path) -> None:
    info = "tinypart-1.0.dist-info"
    files = {
        "tinypart/__init__.py": CODE,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tinypart\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{name},sha256={digest.decode()},{len(text)}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / "tinypart-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with an environment, made once for all tests: pip takes seconds."""
    root = tmp_path_factory.mktemp("checkout")
    write_wheel(root)
    (root / "some.lock").write_text("# exact\ntinypart==1.0\n")
    with pytest.MonkeyPatch.context() as patch:
        offline(patch, root)
        set_up(["some.lock"], environment=root / ".venv", root=root)
    return root


@pytest.fixture
def checkout(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    offline(monkeypatch, made)
    return made


def offline(patch: pytest.MonkeyPatch, root: Path) -> None:
    patch.setenv("PIP_NO_INDEX", "1")
    patch.setenv("PIP_FIND_LINKS", str(root))
    patch.setenv("PIP_CONFIG_FILE", "/dev/null")


def ready(root: Path, lock: str = "some.lock") -> str:
    return set_up([lock], environment=root / ".venv", root=root)


def works(root: Path) -> bool:
    python = str(root / ".venv" / "bin" / "python")
    done = subprocess.run([python, "-c", "import tinypart; print(tinypart.answer)"],
                          capture_output=True)  # fmt: skip
    return done.stdout == b"42\n"


def packages(root: Path) -> Path:
    return next((root / ".venv" / "lib").glob("python3*/site-packages"))


def test_a_whole_environment_is_left_alone(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert works(checkout)
    stamp = (checkout / ".venv" / "accord-stamp.json").stat().st_mtime_ns
    assert ready(checkout) == str(checkout / ".venv" / "bin" / "python")
    assert (checkout / ".venv" / "accord-stamp.json").stat().st_mtime_ns == stamp
    assert capsys.readouterr().out == ""


def test_a_lost_package_comes_back(checkout: Path) -> None:
    shutil.rmtree(packages(checkout) / "tinypart")
    ready(checkout)
    assert works(checkout)


@pytest.mark.parametrize("harm", ["cut", "unfinished"])
def test_an_interrupted_install_is_finished(checkout: Path, harm: str) -> None:
    if harm == "cut":
        (packages(checkout) / "tinypart" / "__init__.py").write_text("answer =")
    else:
        (packages(checkout) / "tinypart-1.0.dist-info" / "INSTALLER").unlink()
        (packages(checkout) / "tinypart" / "__init__.py").unlink()
    (checkout / ".venv" / "accord-stamp.json").unlink()
    ready(checkout)
    assert works(checkout)


def test_an_environment_without_its_python_is_made_anew(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python")
    ready(checkout)
    assert works(checkout)


def test_what_the_index_lacks_is_named(checkout: Path) -> None:
    (checkout / "other.lock").write_text("nosuchpart==9.9\n")
    with pytest.raises(CannotSetUp, match=r"There is no nosuchpart==9\.9 for Python 3"):
        ready(checkout, "other.lock")
    ready(checkout)


def test_a_full_disk_is_one_sentence(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting_up, "BYTES_NEEDED", 1 << 60)
    (checkout / "third.lock").write_text("tinypart==1.0\n")
    with pytest.raises(CannotSetUp, match="is full"):
        ready(checkout, "third.lock")
    monkeypatch.undo()
    offline(monkeypatch, checkout)
    ready(checkout)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "is full"),
        ("NewConnectionError: Failed to establish a new connection", "cannot be reached"),
        ("ERROR: Something odd", "Something odd"),
    ],
)
def test_what_pip_says_becomes_one_sentence(tmp_path: Path, said: str, words: str) -> None:
    setup = setting_up._Setup(tmp_path / ".venv", tmp_path, [])
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "install.log").write_text(f"Collecting x\n{said}\n")
    assert words in setup._pip_sentence()
