"""Documents out of files, folders, globs and standard input, one at a time, in bounded memory.

Plain text is one document a file. JSON Lines (`.jsonl`, `.ndjson`) is one a line. A `.json` file and standard input
are told by their content. Files may be packed (`.gz`, `.zst`).
"""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from pipeline.sources.archives import READ_ERRORS, explain, unpacked
from pipeline.sources.items import Document, InputFile, Item, Position, Skipped, TooLarge, Unreadable
from pipeline.sources.mapping import JSON, digest, from_json
from pipeline.sources.paths import Root, expand, files, is_stream

STANDARD_INPUT: Final = "standard input"
_ARCHIVES: Final = (".gz", ".zst")
_JSON_LINES: Final = (".jsonl", ".ndjson")
# What isn't said here is sent as plain text. These are said, so that cleaning refuses them by name and does not take
# their markup for an article.
_MEDIA_TYPES: Final = {
    ".html": "text/html",
    ".htm": "text/html",
    ".xml": "application/xml",
    ".pdf": "application/pdf",
}
# A mark that Windows programs put before a file's first line: not part of it, and no JSON parser takes it.
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_DRAIN_BYTES: Final = 1024 * 1024
_LINE_BUFFER: Final = 128 * 1024


@dataclass(slots=True)
class _Input:
    """One file or stream while it is read."""

    name: str
    content: io.BufferedIOBase
    file: InputFile | None
    size: int | None
    """Bytes of the content, where they are known before it is read."""
    done: int
    """Records that an earlier replay has sent."""
    consumed: Callable[[], int]

    def position(self, record: int = 1) -> Position:
        return Position(self.name, record, self.file, self.consumed())


def none_done(file: InputFile) -> int:  # noqa: ARG001 - what a ledger answers when there is none
    return 0


def read(
    paths: Sequence[str | Path],
    *,
    limit: int,
    done: Callable[[InputFile], int] = none_done,
    stdin: io.BufferedIOBase | None = None,
) -> Iterator[Item]:
    """Documents of all `paths` in order, and what can't be one: above `limit` bytes, unreadable, sent before.

    `done` says how many of a file's records to skip; it is asked when the file's turn comes.

    Raises:
        UserError: at once, where a path does not exist or a glob matches nothing.
    """
    return _read(expand(paths), limit, done, stdin)


def _read(
    roots: Sequence[Root], limit: int, done: Callable[[InputFile], int], stdin: io.BufferedIOBase | None
) -> Iterator[Item]:
    before = 0
    for root in roots:
        if root is None or is_stream(root):
            yield from _read_stream(root, limit, before, stdin)
            continue
        for path in files(root):
            if isinstance(path, Unreadable):
                yield path
                continue
            try:
                with path.open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    yield from _read_file(path, file, limit, before, done)
                before += size
            except READ_ERRORS as error:
                yield Unreadable(str(path), explain(error))


def _read_file(
    path: Path, file: io.BufferedIOBase, limit: int, before: int, done: Callable[[InputFile], int]
) -> Iterator[Item]:
    status = os.fstat(file.fileno())
    identity = InputFile(os.path.abspath(path), status.st_size, status.st_mtime_ns)  # noqa: PTH100 - resolve() follows links
    archive = path.suffix.lower() if path.suffix.lower() in _ARCHIVES else ""
    kind = Path(path.stem if archive else path.name).suffix.lower()
    source = _Input(
        name=str(path),
        content=unpacked(file, archive),
        file=identity,
        size=None if archive else status.st_size,
        done=done(identity),
        consumed=lambda: before + file.tell(),
    )
    if kind in _JSON_LINES:
        yield from _lines(source, limit)
    elif kind == ".json":
        yield from _by_content(source, limit, otherwise=JSON)
    else:
        yield from _whole(source, limit, _MEDIA_TYPES.get(kind, "text/plain"))


def _read_stream(root: Root, limit: int, before: int, stdin: io.BufferedIOBase | None) -> Iterator[Item]:
    name = STANDARD_INPUT if root is None else str(root)
    try:
        with _open_stream(root, stdin) as content:
            source = _Input(name=name, content=content, file=None, size=None, done=0, consumed=lambda: before)
            yield from _by_content(source, limit, otherwise="text/plain")
    except READ_ERRORS as error:
        yield Unreadable(name, explain(error))


def _open_stream(root: Root, stdin: io.BufferedIOBase | None) -> AbstractContextManager[io.BufferedIOBase]:
    if root is not None:
        return root.open("rb")
    # A file object of our own: a thread that still waits in sys.stdin's at the end makes the interpreter abort.
    return nullcontext(stdin) if stdin else open(0, "rb", closefd=False)


def _whole(source: _Input, limit: int, media_type: str) -> Iterator[Item]:
    if source.done:
        yield Skipped(source.position())
    else:
        yield _document(source, source.content.read(limit + 1), limit, media_type)


def _document(source: _Input, value: bytes, limit: int, media_type: str) -> Item:
    position = source.position()
    if len(value) > limit:
        return TooLarge(position, source.size)
    if media_type == JSON:
        return from_json(value.removeprefix(_BYTE_ORDER_MARK), position)
    return Document(value=value, media_type=media_type, source_id=digest(value), position=position)


def _by_content(source: _Input, limit: int, *, otherwise: str) -> Iterator[Item]:
    """JSON Lines, or one JSON document over several lines, or one document of the type `otherwise`.

    JSON Lines are known by a first line that is a whole JSON value; that is all that is read ahead of them, so a
    stream's lines are yielded as they come.
    """
    head, line = _first_line(source.content, limit)
    opening = line.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
    if opening == b"[" and otherwise == JSON:
        yield Unreadable(source.name, "a JSON array; write one object on each line (jq -c '.[]')")
        return
    if opening != b"{" and otherwise != JSON:
        if head:
            yield _document(source, head + source.content.read(limit + 1 - len(head)), limit, otherwise)
        return
    if not _is_json(line):
        head += source.content.read(limit + 1 - len(head))
        # Printed over several lines; a line that is broken among good ones is not a reason to refuse them all.
        if line.strip() == b"{" or (len(head) <= limit and _is_json(head)):
            yield Skipped(source.position()) if source.done else _document(source, head, limit, JSON)
            return
    source.content = io.BufferedReader(_Again(head, source.content), _LINE_BUFFER)
    yield from _lines(source, limit)


def _first_line(content: io.BufferedIOBase, limit: int) -> tuple[bytes, bytes]:
    """What was read to find the first line that is not blank, and this line; both cut above `limit`."""
    head = bytearray()
    line = b"\n"
    while line and not line.strip() and len(head) <= limit:
        line = content.readline(limit + 1 - len(head))
        head += line
    return bytes(head), line


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError:
        return False
    return True


class _Again(io.RawIOBase):
    """A stream with the bytes put back that were read to see what it is."""

    def __init__(self, head: bytes, rest: io.BufferedIOBase) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        part = self._head[: len(buffer)] or self._rest.read1(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _lines(source: _Input, limit: int) -> Iterator[Item]:
    record = 0
    for line, size in _bounded_lines(source.content, limit):
        if not line.strip():
            continue
        record += 1
        position = source.position(record)
        if size > limit:
            yield TooLarge(position, size)
        elif record <= source.done:
            yield Skipped(position)
        else:
            yield from_json(line, position)


def _bounded_lines(content: io.BufferedIOBase, limit: int) -> Iterator[tuple[bytes, int]]:
    """Each line without its end, and its length; of a line above `limit` only the beginning is kept."""
    mark = _BYTE_ORDER_MARK
    while line := content.readline(limit + len("\r\n")):
        text = line.removeprefix(mark)
        mark = b""
        if text.endswith(b"\n"):
            text = text[:-1].removesuffix(b"\r")
        size = len(text)
        while not line.endswith(b"\n") and (line := content.readline(_DRAIN_BYTES)):
            size += len(line.removesuffix(b"\n"))
        yield text, size
