"""The probes and the metrics page answer from their own thread, whatever the event loop is at."""

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from pipeline.errors import UserError
from pipeline.health import STUCK_SECONDS, Health, serve


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def address(health: Health) -> Iterator[str]:
    server = serve(health, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_loop_that_ticks_is_healthy_and_one_that_does_not_is_seen(health: Health, address: str) -> None:
    assert status(f"{address}/healthz") == 200
    health.ticked = time.monotonic() - STUCK_SECONDS - 1
    assert status(f"{address}/healthz") == 503


def test_ready_when_told_so(health: Health, address: str) -> None:
    assert status(f"{address}/readyz") == 503
    health.ready = True
    assert status(f"{address}/readyz") == 200


def test_metrics_are_ours_and_anything_else_is_not_there(address: str) -> None:
    with urllib.request.urlopen(f"{address}/metrics", timeout=5) as response:
        page = response.read().decode()
    assert "copydesk_documents" in page
    assert "process_resident_memory_bytes" in page
    assert status(f"{address}/") == 404
    assert status(f"{address}/../etc/passwd") == 404


def test_a_client_that_says_nothing_does_not_keep_the_probes_waiting_for_ever(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))):
        assert status(f"{address}/healthz") == 200


def test_a_taken_port_is_said_in_one_line(address: str, health: Health) -> None:
    port = int(address.rsplit(":", 1)[1])
    with pytest.raises(UserError, match="COPYDESK_METRICS_PORT") as raised:
        serve(health, "127.0.0.1", port)
    assert "\n" not in str(raised.value)
