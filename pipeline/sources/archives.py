"""Files as they are read: as they lie, or out of gzip or Zstandard, in bounded memory."""

import gzip
import io
import zlib
from typing import Any, Final

import zstandard

# Four bytes of a frame can unpack to 128 KiB: 512 bytes at a time cap a hostile file at 16 MiB, and cost 0.14 s for
# 90 MB against 0.08 s at best. The library's own stream reader needs no such care, but ends a truncated file as if it
# were whole.
_ZSTD_CHUNK: Final = 512

READ_ERRORS: Final = (OSError, EOFError, zlib.error, zstandard.ZstdError)
"""What reading a missing, forbidden, truncated or damaged file raises."""


def unpacked(file: io.BufferedIOBase, suffix: str) -> io.BufferedIOBase:
    """The content of `file`, a `.gz` or `.zst` unpacked while it is read; others as they are."""
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=file)
    if suffix == ".zst":
        return io.BufferedReader(_Zstandard(file), 128 * 1024)
    return file


def explain(error: BaseException) -> str:
    """One of `READ_ERRORS` in a person's words."""
    if isinstance(error, EOFError):
        return "the archive is truncated; fetch it again"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"the archive is damaged ({error}); fetch it again"


class _Zstandard(io.RawIOBase):
    """The frames of a Zstandard file, one after the other.

    Raises:
        EOFError: the last frame is not whole.
    """

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self._decompressor = zstandard.ZstdDecompressor()
        self._frame = self._decompressor.decompressobj()
        self._in_frame = False
        self._unpacked = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._unpacked:
            packed = self._frame.unused_data or self._file.read(_ZSTD_CHUNK)
            if not packed:
                if self._in_frame:
                    raise EOFError
                return 0
            if self._frame.eof:
                self._frame = self._decompressor.decompressobj()
            self._unpacked = memoryview(self._frame.decompress(packed))
            self._in_frame = not self._frame.eof
        size = min(len(buffer), len(self._unpacked))
        buffer[:size] = self._unpacked[:size]
        self._unpacked = self._unpacked[size:]
        return size
