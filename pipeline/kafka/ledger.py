"""What the broker has acknowledged of each input file, so that a killed replay goes on where it was.

A file of JSON Lines that only grows: a header that says where the documents went, then after each acknowledged batch one
line for each input file that was part of it. The kill that matters comes after the acknowledgement and before the line:
it costs one batch that is sent again, and nothing that is not sent.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.sources.items import InputFile, Position

_KIND: Final = "copydesk replay 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the documents went and under which name. What was sent elsewhere says nothing about here."""

    cluster: str
    """Kafka's id of the cluster: a broker with the same address may be a new, empty one."""
    topic: str
    source: str | None


def default_path(settings: Settings, paths: Sequence[str | Path], source: str | None) -> Path:
    """One ledger for each set of paths, source name and prefix, wherever the command is called from."""
    parts = json.dumps([[os.path.abspath(path) for path in paths], source, settings.prefix])  # noqa: PTH100 - resolve() follows links
    name = f".copydesk-{hashlib.sha256(parts.encode()).hexdigest()[:16]}.ledger"
    return settings.cache_dir / "ledgers" / name


class Ledger:
    """An open ledger; holds about 300 bytes of memory for each input file.

    `on_note` gets a line where what the ledger knows no longer holds.

    Raises:
        UserError: the file can't be used, is no ledger, or another replay is writing it.
    """

    def __init__(self, path: Path, on_note: Callable[[str], None]) -> None:
        self._path = path
        self._note = on_note
        self._destination: Destination | None = None
        self._files: dict[str, tuple[InputFile, int]] = {}
        self.clock: datetime | None = None
        """The last published time that was sent, for `--clock published`."""
        with ExitStack() as unless_usable:
            self._file: BinaryIO = unless_usable.enter_context(_open_locked(path))
            self._load()
            unless_usable.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def done(self, file: InputFile) -> int:
        """How many records of `file` are acknowledged, from its first on; 0 where it has changed since."""
        known, records = self._files.get(file.path, (file, 0))
        if known != file:
            self._note(f"{file.path} has changed since it was sent; it is sent again from its start")
            return 0
        return records

    def bind(self, destination: Destination) -> None:
        """Say where this replay goes. A ledger of another destination is started anew."""
        if destination == self._destination:
            return
        if self._files:
            self._note(f"the ledger {self._path} is about another cluster, topic or source; everything is sent")
        self._files.clear()
        self.clock = None
        self._destination = destination
        self._file.seek(0)
        self._file.truncate()
        self._write([{"ledger": _KIND, **asdict(destination)}])

    def acknowledge(self, positions: Iterable[Position], clock: datetime | None) -> None:
        """Note that everything up to each of these positions, in order, is acknowledged by the broker.

        Raises:
            UserError: the file can't be written.
        """
        touched = {position.file: position.record for position in positions if position.file}
        for file, record in touched.items():
            self._files[file.path] = (file, record)
        self.clock = clock
        at = {"clock": clock.isoformat()} if clock else {}
        self._write([{**asdict(file), "records": record, **at} for file, record in touched.items()])

    def _write(self, lines: Iterable[dict[str, Any]]) -> None:
        try:
            # Not orjson: a file's name may hold bytes that are no UTF-8. Flushed, not synced: a lost machine costs
            # documents that are sent again, and their identity makes that harmless.
            self._file.write("".join(json.dumps(line) + "\n" for line in lines).encode())
            self._file.flush()
        except OSError as error:
            raise UserError(
                f"the ledger {self._path} can't be written ({error.strerror}); what it holds is right: mend that and resume"
            ) from error

    def _load(self) -> None:
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]  # a kill may tear the last line
        header, *lines = whole.splitlines() or [b""]
        if not _is_header(header or content):
            raise UserError(f"{self._path} is no ledger of a replay; name another file with --ledger")
        try:
            if header:
                fields = json.loads(header)
                self._destination = Destination(**{name: fields[name] for name in ("cluster", "topic", "source")})
            for line in lines:
                self._read(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"the ledger {self._path} is damaged; delete it, and everything is sent again") from error
        # The next line must not be glued to the torn one.
        self._file.seek(len(whole))
        self._file.truncate()

    def _read(self, entry: dict[str, Any]) -> None:
        file = InputFile(entry["path"], entry["size"], entry["mtime_ns"])
        self._files[file.path] = (file, entry["records"])
        self.clock = datetime.fromisoformat(entry["clock"]) if "clock" in entry else None


def _open_locked(path: Path) -> BinaryIO:
    if path.exists() and not path.is_file():
        raise UserError(f"the ledger {path} is no file; name another with --ledger")  # a device may be read without end
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    except OSError as error:
        raise UserError(f"the ledger {path} can't be opened ({error.strerror}); name another with --ledger") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # gone with the process, also when it is killed
    except BlockingIOError as error:
        file.close()
        raise UserError(
            f"another replay is using the ledger {path}; wait for it, or name another with --ledger"
        ) from error
    return file


def _is_header(line: bytes) -> bool:
    """Whether it is the first line of a ledger, or a beginning of one, or nothing at all."""
    mark = json.dumps({"ledger": _KIND}).removesuffix("}").encode()
    return mark.startswith(line[: len(mark)])
