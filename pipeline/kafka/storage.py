"""The folder a local cluster lives in: its configuration, its format, and whether it is ours to start.

cluster.json          which Kafka made it, for how many nodes; written last, so its presence means complete
node-N.properties     configuration, written at every start
node-N/               data of node N, formatted by Kafka's own tool
"""

import fcntl
import json
import re
import subprocess
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import UserError
from pipeline.kafka.jars import kafka_version
from pipeline.kafka.jvm import LOG4J_FILE, Runtime

STAMP: Final = "cluster.json"
THROWN: Final = re.compile(r"(?:Caused by: |Exception in thread \S+ )?[\w.$]+(?:Exception|Error): (.+)")

LOG4J: Final = """\
rootLogger.level = INFO
rootLogger.appenderRef.stdout.ref = stdout
appender.stdout.type = Console
appender.stdout.name = stdout
appender.stdout.layout.type = PatternLayout
appender.stdout.layout.pattern = %d{ISO8601} %-5p %m (%c)%n
"""

SERVER: Final = """\
node.id={node}
process.roles=broker,controller
# A static quorum: addresses are read from here at every start, so kept data can be started on other ports.
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
# Relative to the folder the JVM is started in: no character of its name needs escaping.
log.dirs=node-{node}
# Topics have one table, in code: a misspelt name must fail and not become a topic.
auto.create.topics.enable=false
delete.topic.enable=true
# Dead letters of 10 MiB and what is wrapped around them; each topic states its own limit.
message.max.bytes=12582912
# A killed node is let back in, and its partitions get other leaders, only when its session is over: 9 s by default.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
# The first consumer of a group waits for no second one.
group.initial.rebalance.delay.ms=0
# 50 partitions each by default, every one a log to open and a leader to elect.
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replication}
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor={replication}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=4
share.coordinator.state.topic.replication.factor={replication}
share.coordinator.state.topic.min.isr={in_sync}
# 128 MiB of the heap by default; 16 MiB compact 600,000 keys in one pass.
log.cleaner.dedupe.buffer.size=16777216
"""


@dataclass(frozen=True)
class Address:
    """Where a node listens, on loopback: for clients and for the other controllers."""

    node: int
    port: int
    controller_port: int


def is_new(folder: Path, nodes: int) -> bool:
    """True if the folder is missing or empty, False if it holds a cluster of ours of that many nodes.

    Raises:
        UserError: it holds anything else, or a running broker uses it.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return True
    way_out = "name another folder, or delete this one to start afresh"
    try:
        stamp = json.loads((folder / STAMP).read_text())
        made_by, made_for, cluster_id = stamp["kafka"], stamp["nodes"], stamp["cluster_id"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder} is not empty and not the complete data of a local broker; {way_out}") from error
    if _parts(made_by) > _parts(kafka_version()):
        raise UserError(f"{folder} was written by Kafka {made_by}, newer than this {kafka_version()}; {way_out}")
    if made_for != nodes:
        raise UserError(f"{folder} holds a cluster of {made_for} nodes, not of {nodes}; start {made_for}, or {way_out}")
    for node in range(1, nodes + 1):
        found = _meta_properties(folder / f"node-{node}")
        if found != {"version": "1", "cluster.id": cluster_id, "node.id": str(node)}:
            raise UserError(f"{folder}/node-{node} was formatted by another cluster or an older Kafka; {way_out}")
        if _in_use(folder / f"node-{node}"):
            raise UserError(f"{folder} is used by a running broker; stop that one, or name another folder")
    return False


def configure(folder: Path, addresses: list[Address]) -> None:
    """Write what the nodes read when they start."""
    voters = ",".join(f"{address.node}@127.0.0.1:{address.controller_port}" for address in addresses)
    replication = min(3, len(addresses))
    (folder / LOG4J_FILE).write_text(LOG4J)
    for address in addresses:
        text = SERVER.format(**vars(address), voters=voters, replication=replication, in_sync=max(1, replication - 1))
        (folder / f"node-{address.node}.properties").write_text(text)


def format_nodes(folder: Path, nodes: int, runtime: Runtime) -> None:
    """Format the data of all nodes with Kafka's own tool, one process for each at once.

    Raises:
        UserError: the tool refused; its reason.
    """
    # 22 characters of base64, as Kafka wants it; not beginning with a dash, which the tool takes for an option.
    cluster_id = "c" + urlsafe_b64encode(uuid.uuid4().bytes)[1:22].decode()
    tools = [
        subprocess.Popen(  # noqa: S603
            runtime.command("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", f"node-{node}.properties"),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for node in range(1, nodes + 1)
    ]
    outputs = [tool.communicate()[0] for tool in tools]
    for tool, output in zip(tools, outputs, strict=True):
        if tool.returncode:
            raise UserError(f"Kafka could not format {folder}: {reason_in(output)}")
    stamp = {"kafka": kafka_version(), "cluster_id": cluster_id, "nodes": nodes}
    (folder / STAMP).write_text(json.dumps(stamp) + "\n")


def reason_in(log: str) -> str:
    """Why Kafka ended, from what it wrote last: the message of the innermost exception, else the last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip() and not re.match(r"\s+at ", line)]
    thrown = [match[1] for line in lines if (match := THROWN.match(line))]
    return (thrown or lines or ["it wrote nothing"])[-1]


def _parts(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _meta_properties(node: Path) -> dict[str, str]:
    try:
        lines = (node / "meta.properties").read_text().splitlines()
    except OSError:
        return {}
    pairs = dict(line.split("=", 1) for line in lines if "=" in line)
    return {name: value for name, value in pairs.items() if name in ("version", "cluster.id", "node.id")}


def _in_use(node: Path) -> bool:
    """Java and `lockf` use the same kind of lock, which falls with the process that holds it."""
    try:
        with (node / ".lock").open("r+") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
