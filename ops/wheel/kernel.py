"""Builds the tagger's compiled kernel into the wheel, or beside its source in an editable install.

A shared library without Python's headers, so that any C compiler will do and one wheel serves every Python. Without a
compiler the install goes on: the tagger then runs in numpy, with the same results.
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

SOURCE = Path("pipeline/entities/english/kernel.c")
LIBRARY = SOURCE.with_name("_kernel.so")


class Kernel(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        root = Path(self.root)
        if self.target_name != "wheel":
            return
        if not compiled(root / SOURCE, root / LIBRARY):
            self.app.display_warning("no C compiler: the tagger will run in numpy, slower and with the same results")
            return
        build_data["artifacts"].append(str(LIBRARY))
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
