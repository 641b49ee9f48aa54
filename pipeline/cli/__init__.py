"""The `copydesk` command: one file for each subcommand, imported only when it is called."""

import logging
import sys
from importlib import import_module
from typing import Final

import click
import orjson

from pipeline import __version__
from pipeline.errors import UserError

# Name of the subcommand and of its module, and what it does: `copydesk --help` need not import Kafka and spaCy for it.
COMMANDS: Final = {
    "up": "Run it all here: broker, topics, worker, replay; cards as they come.",
    "replay": "Send articles from files, folders or standard input.",
    "worker": "Work on what arrives, until told to stop.",
    "tail": "Read enriched records, or any topic, as cards or JSON.",
    "status": "Lag, rates and what became of the documents.",
    "top": "Watch it live: rates, lag, verdicts, newest articles.",
    "dlq": "List, show and send back what could not be processed.",
    "retract": "Take an article back.",
    "explain": "Tell what became of a document, and why.",
    "story": "Show a story and its articles.",
    "topics": "Create the topics, or check them.",
    "exporter": "Tell Prometheus about lag, dead letters, topics and brokers.",
    "broker": "Run a local Apache Kafka.",
    "config": "Show the settings in force and where each comes from.",
    "schemas": "Write the JSON Schemas of the records.",
}


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"pipeline.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="copydesk")
def cli() -> None:
    """A streaming news desk on Kafka: articles in, clean and enriched records out.

    \b
    Try it, with a Kafka of its own:
      copydesk up seeds/
    Against a running Kafka:
      export COPYDESK_BROKERS=localhost:9092
      copydesk topics create && copydesk worker
      copydesk replay my-articles/ --source my-paper
      copydesk tail
    """


def main() -> None:
    """Entry point: a UserError is one line and status 1, a broken pipe is the reader's business."""
    # What the client library logs about a broker that is away, the error says once and better.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        cli()
    except UserError as error:
        click.echo(f"copydesk: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()  # or Python complains once more at exit
        sys.exit(141)
    except OSError as error:  # a full disk, a folder that can't be made
        click.echo(f"copydesk: {error}", err=True)
        sys.exit(1)


def print_json(value: object) -> None:
    """One JSON document on standard output, on a line of its own."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
