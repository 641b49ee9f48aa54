"""`copydesk top`: the desk live, on a whole screen."""

import sys

import click

from pipeline.cli.top.app import Top
from pipeline.cli.top.scrape import address
from pipeline.errors import UserError
from pipeline.settings import load


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.5, max=60),
    default=1.0,
    show_default=True,
    help="Seconds between two looks at the workers.",
)
def command(*, addresses: tuple[str, ...], interval: float) -> None:
    """Watch it live: rates by stage, lag, latencies, verdicts, newest articles, dead letters. q ends it.

    ADDRESS is a worker's /metrics as host:port; a host with several addresses is as many workers. Default:
    COPYDESK_METRICS_HOST and COPYDESK_METRICS_PORT. Articles and dead letters come from COPYDESK_BROKERS. What is away
    is said on the screen and waited for.

    \b
      copydesk top                                   the worker on this machine
      copydesk top desk-1:9464 desk-2:9464           two machines
      docker compose run --rm exporter top worker    all replicas
      ssh -t desk-1 copydesk top --interval 5        over a slow line
    """
    settings = load()
    chosen = [address(text, settings.metrics_port) for text in addresses or (settings.metrics_host,)]
    # Keys are read from standard input, and the screen is drawn on standard error.
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise UserError("this is no terminal, and a live view needs one; for a program: `copydesk status --json`")
    Top(settings, chosen, interval).run()
