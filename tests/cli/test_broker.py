import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.kafka.broker import LocalCluster


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from pipeline.cli import main; main()", "broker", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.broker
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_its_address_when_it_answers_and_stops_when_told(number: signal.Signals, tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = start("--port", "0", "--data", str(data))
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith("127.0.0.1:")
    os.kill(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"COPYDESK_BROKERS={address}" in said
    assert f"data is kept in {data}" in said
    assert said.endswith("Kafka is stopped\n")
    assert any(data.iterdir())


@pytest.mark.broker
def test_a_taken_port_is_one_line(cluster: LocalCluster) -> None:
    port = cluster.bootstrap.split(":")[1]
    process = start("--port", port)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out, said.count("\n")) == (1, "", 1)
    assert said.startswith("copydesk: ")
    assert port in said
