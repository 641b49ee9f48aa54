"""Reading the /metrics pages of workers: where they are, what they say, or why they say nothing."""

import asyncio
import math
import socket
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from pipeline.errors import UserError

Series = tuple[str, ...]
"""Name of a metric, then the values of those of its labels that are asked for."""
Page = Mapping[Series, float]

# A worker's thread answers in milliseconds, on a busy machine in tenths of a second.
_SECONDS: Final = 2.0
# A worker's page has 21 kB at first, and 30 kB with fifty sources and languages. More than this is something else.
_PAGE_BYTES: Final = 4 << 20
# It has no labels, so it is there from the first moment on, and nothing but a worker has it.
_MARK: Final[Series] = ("copydesk_ready",)


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """In place of a page, for a person."""

    why: str


class _NoFiguresError(Exception):
    """Something answers, and not as a worker does."""


def address(text: str, default_port: int) -> Address:
    """`host:port` or a host alone.

    Raises:
        UserError: it is neither, or no port is known.
    """
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or default_port
    except ValueError:
        host, port = None, 0
    if not host or parts.netloc != text:
        raise UserError(f"{text!r} is no address of a worker; write host:port, as in localhost:9464")
    if not port:
        raise UserError(f"no port for {host}: COPYDESK_METRICS_PORT is 0, any free one; a worker's log says which")
    return Address(host, port)


async def look(addresses: Sequence[Address], wanted: Mapping[str, Sequence[str]]) -> dict[str, Page | NoAnswer]:
    """The page of every worker at these addresses, all asked at once.

    `wanted` has names of samples and the labels to tell apart; over all others it sums. A host with several addresses
    is as many workers: so do Compose and Kubernetes show the replicas of a service.
    """
    found: dict[str, Page | NoAnswer] = {}
    workers: dict[tuple[str, int], str] = {}  # one that was named twice is one
    for one, ips in zip(addresses, await asyncio.gather(*map(_resolve, addresses)), strict=True):
        if isinstance(ips, NoAnswer):
            found[str(one)] = ips
            continue
        for ip in ips:
            workers.setdefault((ip, one.port), str(one) if len(ips) == 1 else f"{ip}:{one.port}")
    pages = await asyncio.gather(*(_page(ip, port, wanted) for ip, port in workers))
    return found | dict(zip(workers.values(), pages, strict=True))


async def _resolve(one: Address) -> list[str] | NoAnswer:
    """IPv4 alone, as workers listen on nothing else: `localhost` has two addresses on most machines, and is one worker."""
    try:
        async with asyncio.timeout(_SECONDS):
            loop = asyncio.get_running_loop()
            answers = await loop.getaddrinfo(one.host, one.port, family=socket.AF_INET, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a name that no name can be is a UnicodeError
        return NoAnswer("unknown host")
    return sorted({str(place[0]) for *_, place in answers})


async def _page(ip: str, port: int, wanted: Mapping[str, Sequence[str]]) -> Page | NoAnswer:
    try:
        async with asyncio.timeout(_SECONDS):
            return read(await _fetch(ip, port), wanted)
    except TimeoutError:
        return NoAnswer(f"no answer in {_SECONDS:.0f} s")
    except ConnectionRefusedError:
        return NoAnswer("nothing listens")
    except OSError as error:
        return NoAnswer(error.strerror or type(error).__name__)
    except _NoFiguresError as error:
        return NoAnswer(str(error))


async def _fetch(ip: str, port: int) -> str:
    """By HTTP/1.0, whose answer ends where the connection does.

    Not by urllib: its time-out is for each read and not for the answer, it heeds `http_proxy`, and the thread it needs
    would keep the program from ending.
    """
    reader, writer = await asyncio.open_connection(ip, port)
    answer = bytearray()
    try:
        writer.write(b"GET /metrics HTTP/1.0\r\nConnection: close\r\n\r\n")
        while part := await reader.read(1 << 16):
            answer += part
            if len(answer) > _PAGE_BYTES:
                raise _NoFiguresError("no worker: too much to read")
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1:2] != [b"200"]:
        raise _NoFiguresError("no worker: has no /metrics")
    return body.decode("utf-8", "replace")


def read(text: str, wanted: Mapping[str, Sequence[str]]) -> Page:
    """The samples of a page that are wanted."""
    names = tuple(wanted)
    lines = [line for line in text.split("\n") if line.startswith(names)]  # 3.5 ms a page and not 10
    found: dict[Series, float] = defaultdict(float)
    try:
        for family in text_string_to_metric_families("\n".join(lines) + "\n"):
            for sample in family.samples:
                if sample.name in wanted and math.isfinite(sample.value):
                    labels = (sample.labels.get(label, "") for label in wanted[sample.name])
                    found[(sample.name, *labels)] += sample.value
    except ValueError as error:
        raise _NoFiguresError("no worker: unreadable figures") from error
    if _MARK not in found:
        raise _NoFiguresError("no worker: has other figures")
    return found
