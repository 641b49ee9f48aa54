"""Command lines that run a class of Kafka, tuned for a quick start."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.kafka.jars import Java, fetch_jars, find_java, jars_folder

# Serial collector and the first compiler only: 3.8 s to an answer instead of 6.3 s, and half the CPU under load. A heap of
# 128 MB carried four producers of 8 MiB messages at once; this is twice that, and no slower than 512 MB.
JVM_FLAGS: Final = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+IgnoreUnrecognizedVMOptions")
# Relative: a broker runs in its cluster's folder, whatever characters that has in its name.
LOG4J_FILE: Final = "log4j2.properties"


@dataclass(frozen=True)
class Runtime:
    """Java, class path, and an archive of parsed and linked classes, which need not exist yet.

    With the archive a broker answers after 1.9 s instead of 3.9 s and formatting takes 0.9 s instead of 1.7 s. Java
    checks that an archive fits its build, its options and the jars, and does without it otherwise.
    """

    java: Java
    jars: tuple[Path, ...]
    archive: Path

    def command(self, main: str, *arguments: str, archive_into: Path | None = None) -> list[str]:
        """Run the class `main`; with `archive_into`, the JVM writes an archive of what it loaded when it ends."""
        # Java 25 archives linked classes too, and without a base archive, which the fetched Java lacks.
        newest = self.java.version >= 25
        archive = []
        if archive_into:
            archive = [f"-XX:{'AOTCacheOutput' if newest else 'ArchiveClassesAtExit'}={archive_into}"]
        elif self.archive.exists():
            archive = [f"-XX:{'AOTCache' if newest else 'SharedArchiveFile'}={self.archive}"]
        # Compiled adapters do not always fit when they are read back ("Failed to link AdapterHandlerEntry"): not kept.
        adapters = ["-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching"] if newest else []
        class_path = ":".join(map(str, self.jars))
        log = f"-Dlog4j2.configurationFile={LOG4J_FILE}"
        return [str(self.java.path), *JVM_FLAGS, *adapters, *archive, log, "-cp", class_path, main, *arguments]

    def adopt_archive(self, written: Path) -> None:
        """Keep an archive that a JVM has finished; whoever looks for it sees all of it or none."""
        moved = self.archive.with_suffix(f".{os.getpid()}")
        shutil.move(written, moved)  # from another file system, perhaps
        moved.replace(self.archive)


def find_runtime(cache_dir: Path) -> Runtime:
    """Jars and Java, fetched if need be.

    Raises:
        UserError: they can't be had; the line says what to do.
    """
    jars, java = fetch_jars(cache_dir), find_java(cache_dir)
    build = hashlib.sha256(f"{java.identity}{JVM_FLAGS}".encode()).hexdigest()[:12]
    return Runtime(java, tuple(jars), jars_folder(cache_dir) / f"classes-{build}.archive")
