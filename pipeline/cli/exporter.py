"""`copydesk exporter`: metrics of lag, topics and brokers, from beside the workers."""

import asyncio
import signal
import sys

import click

from pipeline import logs, metrics
from pipeline.health import Health, serve
from pipeline.kafka.exporter import run
from pipeline.settings import Settings, load


@click.command("exporter")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of /metrics. [default: COPYDESK_EXPORTER_PORT, 9465]")
def command(port: int | None) -> None:
    """Tell Prometheus about lag, dead letters, topics and brokers, until told to stop (Ctrl-C or SIGTERM).

    One beside any number of workers, for each pipeline. It asks Kafka every ten seconds, so its figures stay when the
    workers are gone; without Kafka it goes on and says so. /healthz answers as a worker's, /readyz after the first look.

    \b
      copydesk exporter
      COPYDESK_CONTINUOUS=wire=30m,gazette=6h copydesk exporter --port 9500
    """
    settings = load()
    logs.configure(settings)
    health = Health()
    server = serve(
        health,
        settings.metrics_host,
        settings.exporter_port if port is None else port,
        registry=metrics.EXPORTER,
        setting="exporter_port",
    )
    try:
        asyncio.run(_until_told(settings, health))
    finally:
        server.shutdown()
    sys.exit(0)


async def _until_told(settings: Settings, health: Health) -> None:
    running = asyncio.ensure_future(run(settings, health))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    await asyncio.wait([running])
    if not running.cancelled():
        running.result()
