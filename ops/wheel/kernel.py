"""Builds the compiled kernels of the tagger and of the window into the wheel, or beside their sources in an editable install.

Shared libraries without Python's headers, so that any C compiler will do and one wheel serves every Python. Without a
compiler the install goes on: numpy and Python then do the same, slower.
"""

import os
import platform
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = Path("pipeline/entities/english/kernel.c"), Path("pipeline/duplicates/kernel.c")
LIBRARY = "_kernel.so"


class Kernel(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        root = Path(self.root)
        if self.target_name != "wheel":
            return
        libraries = [source.with_name(LIBRARY) for source in SOURCES]
        # Each is tried, also behind one that failed: what an earlier build left is removed.
        built = [compiled(root / source, root / library) for source, library in zip(SOURCES, libraries, strict=True)]
        if not all(built):
            self.app.display_warning(
                "no C compiler: tagger and window run without it, slower and with the same results"
            )
            return
        build_data["artifacts"].extend(map(str, libraries))
        build_data["pure_python"] = False
        where = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{where}"


def compiled(source: Path, library: Path) -> bool:
    """Whether `library` was built from `source`. What an earlier build left is removed first."""
    library.unlink(missing_ok=True)
    command = shlex.split(os.environ.get("CC", "")) or next(
        ([name] for name in ("cc", "gcc", "clang") if shutil.which(name)), []
    )
    if not command or platform.system() == "Windows":
        return False
    arguments = [*command, "-O3", "-fPIC", "-shared", "-o", str(library), str(source)]
    return subprocess.run(arguments, check=False).returncode == 0
