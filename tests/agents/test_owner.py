"""The owner of a partition decides by the sketch, and rejects what it can't read."""

from dataclasses import replace

import pytest

from agents.message import Outgoing
from agents.owner import Owner
from pipeline.judging.decide import decide
from pipeline.judging.entry import Entry
from pipeline.judging.state import State
from pipeline.records import Judged, Tagged, decode, encode
from pipeline.settings import Settings
from tests.agents.fakes import incoming, tagged
from tests.agents.test_runner import Broker, FakeProducer

LONG = "the harbour at the northern quay was closed for three days after the storm took two of its four cranes "


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def owner(broker: Broker) -> Owner:
    owner = Owner(0, Settings(brokers="nowhere:1"))
    owner._producer = FakeProducer(broker)
    return owner


def judged(sent: list[Outgoing]) -> list[Judged]:
    return [decode(Judged, message.value) for message in sent if message.topic == "news.judged"]


async def test_a_verdict_needs_the_sketch_and_nothing_of_the_text(owner: Owner, broker: Broker) -> None:
    original, reprint = tagged(LONG * 3), tagged(LONG * 3 + "and reopened on Friday")
    blank = replace(reprint, article=replace(reprint.article, body="", headline=None))
    await owner.decide([incoming(encode(original)), incoming(encode(blank))])
    first, second = judged(broker.committed)
    assert first.duplicate.kind == "unique"
    assert (second.duplicate.kind, second.duplicate.of) == ("near", original.article.id)


async def test_what_is_delivered_again_has_its_first_verdict_and_is_logged_once(owner: Owner, broker: Broker) -> None:
    original, reprint = tagged(LONG * 3), tagged(LONG * 3 + "and reopened on Friday")
    messages = [incoming(encode(original)), incoming(encode(reprint))]
    await owner.decide(messages)
    await owner.decide(list(reversed(messages)))
    kinds = [record.duplicate.kind for record in judged(broker.committed)]
    assert kinds == ["unique", "near", "near", "unique"]
    assert sum(message.topic == "news.fingerprints" for message in broker.committed) == 2


async def test_a_sketch_that_cannot_be_read_is_rejected_and_leaves_no_trace(owner: Owner, broker: Broker) -> None:
    broken = tagged(LONG)
    broken = replace(broken, sketch=replace(broken.sketch, hashes="not base64 !"))
    [rejected, fine] = await owner.decide([incoming(encode(broken)), incoming(encode(tagged("a healthy one")))])
    assert (rejected.ending, rejected.reason, fine.ending) == ("rejected", "sketch can't be read", "emitted")
    assert len(owner.state) == 1


async def test_a_bug_in_judging_costs_the_document_and_not_the_partition(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def buggy(state: State, record: Tagged, offset: int) -> Entry | None:
        if "bug" in record.article.body:
            raise ZeroDivisionError("a bug")
        return decide(state, record, offset)

    monkeypatch.setattr("agents.judge.decide", buggy)
    [rejected, fine] = await owner.decide(
        [incoming(encode(tagged("there is a bug in this one"))), incoming(encode(tagged("a healthy one")))]
    )
    assert (rejected.reason, fine.ending) == ("internal error", "emitted")
