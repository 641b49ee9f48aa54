"""The folder of a local cluster is started only where it is ours."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.kafka import storage
from pipeline.kafka.jars import kafka_version


def restamp(folder: Path, **changes: object) -> None:
    stamp = folder / storage.STAMP
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | changes))


def data_of(folder: Path, *, kafka: str, nodes: int) -> None:
    for node in range(1, nodes + 1):
        (folder / f"node-{node}").mkdir(parents=True)
        (folder / f"node-{node}" / "meta.properties").write_text(
            f"#\n#Sun\ncluster.id=cluster\nversion=1\ndirectory.id=some\nnode.id={node}\n"
        )
        (folder / f"node-{node}" / ".lock").touch()
    (folder / storage.STAMP).write_text(json.dumps({"kafka": kafka, "cluster_id": "cluster", "nodes": nodes}))


def test_data_of_ours_may_be_started(tmp_path: Path) -> None:
    assert storage.is_new(tmp_path / "missing", 1)
    assert storage.is_new(tmp_path, 1)
    data_of(tmp_path, kafka="4.0.0", nodes=3)
    assert not storage.is_new(tmp_path, 3)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "cluster.json").unlink(), "not the complete data of a local broker"),
        (lambda folder: (folder / "cluster.json").write_text("[]"), "not the complete data of a local broker"),
        (lambda folder: restamp(folder, kafka="99.0.1"), "written by Kafka 99.0.1, newer than"),
        (lambda folder: restamp(folder, nodes=3), "holds a cluster of 3 nodes, not of 2"),
        (lambda folder: (folder / "node-2" / "meta.properties").write_text("cluster.id=other\nversion=1\nnode.id=2\n"),
         "node-2 was formatted by another cluster"),
        (lambda folder: (folder / "node-1" / "meta.properties").write_text("cluster.id=cluster\nversion=0\nbroker.id=1\n"),
         "or an older Kafka"),
        (lambda folder: (folder / "node-1" / "meta.properties").unlink(), "node-1 was formatted by another cluster"),
    ],
)  # fmt: skip
def test_data_that_is_not_ours_is_refused_in_one_line(
    tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    data_of(tmp_path, kafka=kafka_version(), nodes=2)
    spoil(tmp_path)
    with pytest.raises(UserError, match=said) as raised:
        storage.is_new(tmp_path, 2)
    assert str(tmp_path) in str(raised.value)
    assert "name another folder" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_data_in_use_is_refused(tmp_path: Path) -> None:
    data_of(tmp_path, kafka=kafka_version(), nodes=1)
    read, write = os.pipe()
    holder = os.fork()  # such a lock never shuts out the process that holds it
    if not holder:
        with (tmp_path / "node-1" / ".lock").open("w") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            os.write(write, b"!")
            time.sleep(60)
    os.read(read, 1)
    try:
        with pytest.raises(UserError, match="used by a running broker; stop that one"):
            storage.is_new(tmp_path, 1)
    finally:
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)
    assert not storage.is_new(tmp_path, 1)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("INFO started\njava.lang.RuntimeException: outer\n\tat x.y\nCaused by: java.net.BindException: in use\n\tat z\n", "in use"),
        ("org.apache.kafka.common.config.ConfigException: Invalid value\n\tat a.b(C.java)\nINFO closed (x)\n", "Invalid value"),
        ("Error: could not create the Java Virtual Machine.\n\n", "Error: could not create the Java Virtual Machine."),
        ("", "it wrote nothing"),
    ],
)  # fmt: skip
def test_the_reason_is_found_in_the_log(log: str, reason: str) -> None:
    assert storage.reason_in(log) == reason
