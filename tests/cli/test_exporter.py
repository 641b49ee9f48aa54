"""`copydesk exporter` as a process: it needs no Kafka to start, says so, and stops when told."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipeline.kafka.broker import free_ports
from pipeline.settings import Settings
from tests.desk import wait_until


@contextmanager
def exporter(brokers: str, **environment: str) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    [port] = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, "-c", "from pipeline.cli import main; main()", "exporter", "--port", str(port)],
        env=os.environ | {"COPYDESK_BROKERS": brokers} | environment,
        stderr=subprocess.PIPE,
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def answer(url: str) -> str:
    """The page, or nothing where it is not there or not ready."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return str(response.read().decode())
    except OSError:
        return ""


@pytest.mark.broker
def test_it_is_ready_after_its_first_look_and_stops_when_told(desk: Settings) -> None:
    with exporter(desk.brokers, COPYDESK_PREFIX=desk.prefix) as (process, address):
        wait_until(lambda: answer(f"{address}/readyz") == "ready\n", 60, "it is ready")
        page = answer(f"{address}/metrics")
        assert "copydesk_kafka_up 1.0" in page
        assert f'copydesk_group_lag_records{{partition="0",topic="{desk.prefix}.raw"}} 0.0' in page
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_without_kafka_it_runs_and_says_so() -> None:
    [nobody] = free_ports(1)
    with exporter(f"127.0.0.1:{nobody}") as (process, address):
        wait_until(lambda: answer(f"{address}/readyz") == "ready\n", 60, "it has looked")
        assert "copydesk_kafka_up 0.0" in answer(f"{address}/metrics")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0
        assert b"Traceback" not in said


def test_a_misspelt_source_is_one_line_before_anything_listens() -> None:
    with exporter("127.0.0.1:1", COPYDESK_CONTINUOUS="wire=soon") as (process, _):
        _, said = process.communicate(timeout=30)
        assert process.returncode == 1
        assert said.count(b"\n") == 1
        assert said.startswith(b"copydesk: setting continuous: ")
