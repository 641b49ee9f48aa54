"""The Faust app: four topics, four agents, one loop."""

import tempfile
from typing import Any, Final

import faust
from faust.types import TP

from agents.runner import Runner
from agents.transport import FAUST_LOGGER, POLL, Owner, Transport
from pipeline.kafka.topics import INPUTS, topic_name
from pipeline.records import Stage
from pipeline.settings import Settings

# More than two batches of every partition: the bound that holds is the consumer's (agents/transport.py). A full buffer
# of Faust's would stop the fetching of all topics.
_BUFFER_MESSAGES: Final = 1_000_000


class Desk(faust.App):
    """A Faust app on our transport."""

    logger = FAUST_LOGGER

    def __init__(self, settings: Settings, owner: Owner) -> None:
        self.desk_settings, self.desk_owner = settings, owner
        super().__init__(
            settings.group_id,
            broker=[f"kafka://{address.strip()}" for address in settings.brokers.split(",")],
            broker_commit_interval=1.0,
            stream_buffer_maxsize=_BUFFER_MESSAGES,
            # The loop waits for its own batches at a rebalance, with a deadline; Faust would wait without one.
            stream_wait_empty=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            # Tables are not used; Faust wants a folder all the same.
            datadir=tempfile.gettempdir(),
            store="memory://",
        )

    def _new_transport(self) -> Transport:
        return Transport(self, self.desk_settings, self.desk_owner)


def build(settings: Settings, owner: Owner, runners: dict[Stage, Runner]) -> Desk:
    """The app with its agents. Nothing is started."""
    app = Desk(settings, owner)
    for stage, runner in runners.items():
        app.agent(_topic(app, settings, INPUTS[stage]), name=stage, concurrency=1)(_loop(runner, settings))
    return app


def _topic(app: Desk, settings: Settings, name: str) -> Any:
    # Raw bytes: decoding is ours, so that bad bytes become dead letters.
    return app.topic(
        topic_name(settings, name), key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )


def _loop(runner: Runner, settings: Settings) -> Any:
    async def agent(stream: Any) -> None:
        await runner.run(stream.noack_take(settings.batch_documents, within=POLL))

    return agent


def partitions_of(settings: Settings, name: str, assigned: set[TP]) -> set[TP]:
    return {partition for partition in assigned if partition.topic == topic_name(settings, name)}
