"""`copydesk broker`: a local Apache Kafka."""

import signal
import time
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import click

from pipeline.errors import UserError
from pipeline.kafka.broker import LocalCluster
from pipeline.settings import load

# How soon the end of a node is noticed, seconds.
_LOOK: Final = 0.5


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=9092, show_default=True, help="0: any free port.")
@click.option(
    "--nodes", type=click.IntRange(1, 9), default=1, show_default=True, help="On this port and the next ones."
)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder for the data, kept.")
@click.option("--keep", is_flag=True, help="Keep the data in a folder of the cache, and go on with it next time.")
def command(*, port: int, nodes: int, data: Path | None, keep: bool) -> None:
    """Run a local Apache Kafka on 127.0.0.1 until Ctrl-C. Fetches Kafka, and a Java if there is none, on first use.

    The address goes to standard output as soon as Kafka answers. Data is thrown away in the end unless --keep or
    --data says otherwise. It is for trying and for tests: no passwords, one machine.

    \b
      copydesk broker
      copydesk broker --port 0 --nodes 3 --data ./kafka-data
    """
    settings = load()
    if keep and data is None:
        data = settings.cache_dir / f"data-{nodes}"
    signal.signal(signal.SIGTERM, _interrupt)
    ports = [port + number if port else 0 for number in range(nodes)]
    try:
        with LocalCluster(cache_dir=settings.cache_dir, nodes=nodes, ports=ports, data=data) as cluster:
            kept = f"data is kept in {data}" if data else "data is thrown away in the end"
            click.echo(f"Kafka answers; COPYDESK_BROKERS={cluster.bootstrap}; {kept}; Ctrl-C stops it", err=True)
            click.echo(cluster.bootstrap)
            while all(node.running for node in cluster.nodes):
                time.sleep(_LOOK)
            ended = next(node for node in cluster.nodes if not node.running)
            hint = f"see its log {ended.log}" if data else "start it with --data FOLDER to keep its log"
            raise UserError(f"Kafka node {ended.id} has ended; {hint}")
    except KeyboardInterrupt:
        click.echo("Kafka is stopped", err=True)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM stops Kafka as gently as Ctrl-C does."""
    raise KeyboardInterrupt
