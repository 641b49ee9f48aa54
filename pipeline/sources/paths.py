"""From what the user named to the files there are."""

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import UserError
from pipeline.sources.items import Unreadable

Root = Path | None
"""A path of the user's; None is standard input."""


def expand(paths: Sequence[str | Path]) -> list[Root]:
    """Files, folders and standard input (`-`) for files, folders, `-` and globs, each once, in the order given.

    Raises:
        UserError: a path does not exist, or a glob matches nothing.
    """
    roots: list[Root] = []
    for given in paths:
        path = Path(given)
        if given == "-":
            roots.append(None)
        elif os.path.lexists(path):
            roots.append(path)  # also where the name holds a `*`
        elif matches := sorted(glob.glob(str(given), recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute pattern
            roots.extend(Path(match) for match in matches)
        elif glob.has_magic(str(given)):
            raise UserError(f"nothing matches {str(given)!r}; correct the pattern")
        else:
            raise UserError(f"{str(given)!r} does not exist; correct the path")
    return list(dict.fromkeys(roots))


def files(root: Path) -> Iterator[Path | Unreadable]:
    """`root` itself, or the files below it by name, hidden ones and what is no ordinary file left out.

    Holds the names of one folder for each level it is down, and nothing else.
    """
    waiting = [root]
    while waiting:
        path = waiting.pop()
        try:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode) and (path == root or not path.is_symlink()):
                # Names, not paths, are sorted: 14 microseconds a file instead of 36.
                names = sorted((name for name in os.listdir(path) if not name.startswith(".")), reverse=True)  # noqa: PTH208 - see above
                waiting.extend(path / name for name in names)
                continue
        except OSError as error:
            yield Unreadable(str(path), error.strerror or str(error))
            continue
        if stat.S_ISDIR(mode):
            yield Unreadable(str(path), "a link to a folder, which may lead in circles; name it as a path of its own")
        elif stat.S_ISREG(mode):  # a named pipe would be waited for without end
            yield path


def is_stream(root: Root) -> bool:
    """Whether it can be read only once: standard input, a named pipe, a device."""
    if root is None:
        return True
    try:
        mode = root.stat().st_mode
    except OSError:
        return False  # reading will report it
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def total_bytes(roots: Sequence[Root]) -> int | None:
    """Bytes of all input on disk (14 microseconds a file); None where a stream is among it."""
    total = 0
    for root in roots:
        if root is None or is_stream(root):
            return None
        for path in files(root):
            if isinstance(path, Path):
                try:
                    total += path.stat().st_size
                except OSError:
                    continue  # reading will report it
    return total
