"""The data that gates measure on: outside the repository, pinned by data.sha256 (`sha256sum -c` reads it too)."""

import hashlib
from pathlib import Path
from typing import Final

from pipeline.errors import UserError

FOLDER: Final = Path(__file__).parents[3] / "shared" / "data"
_PINS: Final = Path(__file__).with_name("data.sha256")


class Missing(UserError):  # noqa: N818 - it reads as what it says
    """Data that is not on this machine: a gate cannot be measured here, which is not to fall short."""


def pins() -> dict[str, str]:
    """SHA-256 of each file, by its path inside the folder."""
    pairs = (line.split(maxsplit=1) for line in _PINS.read_text().splitlines())
    return {name: digest for digest, name in pairs}


def pinned(name: str, folder: Path = FOLDER) -> Path:
    """The file, with the bytes that the floors were set on.

    Raises:
        Missing: it is not there.
        UserError: it is another one.
    """
    file = folder / name
    if not file.is_file():
        raise Missing(f"{name} is not in {folder}; put it there, or name its folder with --data")
    if sha256(file) != pins()[name]:
        raise UserError(
            f"{file} is not the one that was measured: fetch it anew, or, if it changed on purpose, write its SHA-256 "
            f"into tests/quality/{_PINS.name} and measure every floor again"
        )
    return file


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
