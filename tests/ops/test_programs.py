"""`ops/programs` ends well wherever it runs; what it fetches is run by the tests that need it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.desk import ROOT
from tests.programs import program


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder to be the whole PATH: the tools the script needs, no program of the three and no apt-get."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in "bash dirname basename mktemp mkdir rm cp cat touch chmod awk grep".split():
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def add(path: Path, name: str, script: str) -> None:
    (path / name).write_text(f"#!/usr/bin/env bash\n{script}\n")
    (path / name).chmod(0o755)


def run(path: Path) -> tuple[int, str]:
    """A copy of the script in a house of its own: status, and all that it says."""
    copied = path.parent / "ops" / "programs"
    copied.parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / "ops" / "programs", copied)
    done = subprocess.run([copied], env={"PATH": str(path)}, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_what_is_on_the_path_is_left_alone_in_silence(path: Path) -> None:
    for name in ("prometheus", "promtool", "kcat", "apt-get"):
        add(path, name, "echo must not run; exit 1")
    assert run(path) == (0, "")
    assert not (path.parent / ".venv").exists()


def test_where_there_is_no_apt_it_says_what_to_do(path: Path) -> None:
    add(path, "kcat", "")
    assert run(path) == (
        0,
        "without prometheus promtool some tests skip: brew install prometheus kcat, or what your system calls them\n",
    )


@pytest.mark.parametrize(("user", "advice"), [(1000, "sudo apt-get update"), (0, "apt-get update may say why")])
def test_what_cannot_be_fetched_fails_no_test_run(path: Path, user: int, advice: str) -> None:
    add(path, "apt-get", f"echo $1 >> {path.parent / 'asked'}; exit 100")
    add(path, "id", f"echo {user}")
    status, said = run(path)
    assert status == 0
    assert said.splitlines()[-1].endswith(advice)
    assert ("update" in (path.parent / "asked").read_text().splitlines()) == (user == 0)


def test_a_program_that_does_not_run_is_not_offered(path: Path) -> None:
    add(path, "prometheus", "")
    add(path, "apt-get", '[ "$1" = install ] && echo "Inst kcat (1.7 Debian [amd64])" || touch kcat.deb')
    add(path, "dpkg", 'mkdir -p "$3/usr/bin"; cp "${0%/*}/unpacked/"* "$3/usr/bin"')
    (path / "unpacked").mkdir()
    add(path / "unpacked", "kcat", "echo kcat: a library is missing; exit 127")
    add(path / "unpacked", "promtool", "echo promtool, version 2.42.0; echo of somebody")
    status, said = run(path)
    assert status == 0
    assert said.splitlines() == [
        "fetching promtool kcat for the tests",
        "  promtool version 2.42.0",
        "  kcat does not run here, its tests skip: kcat: a library is missing",
    ]
    assert [found.name for found in (path.parent / ".venv" / "programs" / "bin").iterdir()] == ["promtool"]


def test_a_missing_program_skips_here_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="ops/programs"):
        program("no-such-program")
    monkeypatch.setenv("CI", "true")
    with pytest.raises((pytest.skip.Exception, pytest.fail.Exception)) as caught:  # a skip would pass as one of ours
        program("no-such-program")
    assert caught.type is pytest.fail.Exception


def test_the_users_own_program_comes_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(path, "kcat", "")
    monkeypatch.setenv("PATH", str(path))
    assert program("kcat") == path / "kcat"
