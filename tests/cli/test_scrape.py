import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.metrics import MetricWrapperBase

from pipeline import metrics
from pipeline.cli.top.figures import DOCUMENTS, LAG, WANTED
from pipeline.cli.top.scrape import Address, NoAnswer, _NoFiguresError, address, look, read
from pipeline.errors import UserError
from tests.cli.worker_page import WorkerPage, serving


def local(port: int, host: str = "127.0.0.1") -> Address:
    return Address(host, port)


@asynccontextmanager
async def answering(answer: Callable[[asyncio.StreamWriter], Any]) -> AsyncIterator[int]:
    """Something on a port that is no worker."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
            writer.close()
        except (ConnectionError, asyncio.CancelledError):
            pass

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def why(port: int) -> str:
    [found] = (await look([local(port)], WANTED)).values()
    assert isinstance(found, NoAnswer)
    return found.why


def test_what_is_read_is_what_workers_serve() -> None:
    """By name and labels: a metric renamed in pipeline/metrics.py would be a figure that stays 0."""
    labels = {
        metric._name: metric._labelnames for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)
    }
    for name, wanted in WANTED.items():
        assert set(wanted) - {"le"} <= set(labels[name.removesuffix("_total").removesuffix("_bucket")]), name
    for made in vars(WorkerPage()).values():
        if isinstance(made, MetricWrapperBase):
            assert made._labelnames == labels[made._name]


async def test_a_page_is_summed_over_the_labels_that_nobody_asked_for() -> None:
    page = WorkerPage()
    page.did("clean", "dropped", 2, "empty")
    page.did("clean", "dropped", 3, "withdrawn")
    page.did("clean", "emitted", 7)
    page.lag.labels("news.raw", "0").set(10)
    page.lag.labels("news.raw", "1").set(5)
    with serving(page.registry) as port:
        [found] = (await look([local(port)], WANTED)).values()
    assert not isinstance(found, NoAnswer)
    assert found[DOCUMENTS, "clean", "dropped"] == 5
    assert found[DOCUMENTS, "clean", "emitted"] == 7
    assert found[LAG, "news.raw"] == 15
    assert {series[0] for series in found} <= set(WANTED)


@given(st.dictionaries(st.text(max_size=20), st.integers(0, 1000), max_size=5))
def test_a_label_may_hold_anything(values: dict[str, int]) -> None:
    registry = CollectorRegistry()
    ready = Gauge("copydesk_ready", "-", registry=registry)
    ready.set(1)
    lag = Gauge("copydesk_lag_records", "-", ("topic",), registry=registry)
    for topic, number in values.items():
        lag.labels(topic.encode("utf-8", "replace").decode()).inc(number)
    found = read(generate_latest(registry).decode(), WANTED)
    assert sum(value for series, value in found.items() if series[0] == LAG) == sum(values.values())


@given(st.sampled_from(sorted(WANTED)), st.text(alphabet='{}=",\\# \n\r\x0b0aé.eE+-NI', max_size=40))
def test_a_page_of_junk_is_no_page(name: str, junk: str) -> None:
    with contextlib.suppress(_NoFiguresError):
        read(f"{name}{junk}\n", WANTED)


async def test_each_way_to_give_no_figures_is_told() -> None:
    async def http(writer: asyncio.StreamWriter, status: bytes, body: bytes) -> None:
        writer.write(b"HTTP/1.1 " + status + b"\r\n\r\n" + body)
        await writer.drain()

    for answer, reason in [
        (lambda writer: http(writer, b"404 Not Found", b""), "no worker: has no /metrics"),
        (lambda writer: http(writer, b"200 OK", b"copydesk_kafka_up 1\n"), "no worker: has other figures"),
        (lambda writer: http(writer, b"200 OK", b"copydesk_ready{ 1\n"), "no worker: unreadable figures"),
        (lambda writer: http(writer, b"200 OK", b"#" * (5 << 20)), "no worker: too much to read"),
        (lambda writer: http(writer, b"200 OK", b"\xff\n\x00"), "no worker: has other figures"),
        (lambda writer: asyncio.sleep(0), "no worker: has no /metrics"),
    ]:
        async with answering(answer) as port:
            assert await why(port) == reason
    assert await why(port) == "nothing listens"


async def test_the_time_is_for_the_whole_answer() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"#")
            await writer.drain()
            await asyncio.sleep(0.1)

    started = time.monotonic()
    async with answering(drip) as port:
        assert await why(port) == "no answer in 2 s"
    assert time.monotonic() - started < 4


async def test_one_that_is_silent_keeps_nobody_from_being_read() -> None:
    page = WorkerPage()
    async with answering(lambda _: asyncio.sleep(60)) as silent:
        with serving(page.registry) as port:
            found = await look([local(silent), local(port), local(9, "no.such.host.invalid")], WANTED)
    assert found[f"127.0.0.1:{silent}"] == NoAnswer("no answer in 2 s")
    assert found["no.such.host.invalid:9"] == NoAnswer("unknown host")
    assert not isinstance(found[f"127.0.0.1:{port}"], NoAnswer)


async def test_a_host_with_two_addresses_is_two_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = socket.getaddrinfo

    def names(host: str, port: int, family: int = 0, *more: int, **named: int) -> Any:
        """A name server that knows an IPv6 address as well."""
        hosts = ["127.0.0.1", "127.0.0.2"] if host == "worker" else [host]
        if host == "worker" and family != socket.AF_INET:
            hosts.append("::1")
        return [answer for each in hosts for answer in ask(each, port, family, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    first, second = WorkerPage(), WorkerPage()
    first.did("emit", number=1)
    second.did("emit", number=2)
    with serving(first.registry) as port, serving(second.registry, "127.0.0.2", port):
        found = await look([local(port, "worker")], WANTED)
    counted = {
        name: page if isinstance(page, NoAnswer) else page[DOCUMENTS, "emit", "emitted"] for name, page in found.items()
    }
    assert counted == {f"127.0.0.1:{port}": 1, f"127.0.0.2:{port}": 2}


async def test_one_that_was_named_twice_is_one() -> None:
    with serving(WorkerPage().registry) as port:
        assert list(await look([local(port, "localhost"), local(port)], WANTED)) == [f"localhost:{port}"]


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("desk-1:9470", "desk-1", 9470), ("worker", "worker", 9464), ("10.0.0.1", "10.0.0.1", 9464)],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert address(text, 9464) == Address(host, port)


@pytest.mark.parametrize("text", ["", ":9464", "http://desk:9464/metrics", "desk:port", "desk:99999", "desk/metrics"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UserError, match="write host:port, as in localhost:9464"):
        address(text, 9464)


def test_no_port_at_all() -> None:
    with pytest.raises(UserError, match="COPYDESK_METRICS_PORT is 0"):
        address("localhost", 0)
