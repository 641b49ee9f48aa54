"""Programs that some tests run and that are no Python packages: Prometheus, its promtool, kcat."""

import os
import shutil
from pathlib import Path

import pytest

FETCHED = Path(__file__).parent.parent / ".venv" / "programs" / "bin"


def program(name: str) -> Path:
    """Where `name` is, the user's own before what `ops/programs` fetched.

    Skips the test where it is nowhere, and fails it where `CI` is set: there a skipped test would go unseen for ever.
    """
    found = shutil.which(name) or shutil.which(name, path=FETCHED)
    if found:
        return Path(found)
    reason = f"no {name} here: `ops/programs` fetches it on Debian and Ubuntu, `brew install prometheus kcat` on macOS"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
