"""A real Kafka for the tests that are marked `broker`: one for the session, topics of its own for each test."""

import asyncio
import os
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from pipeline.kafka import clients, topics
from pipeline.kafka.broker import LocalCluster
from pipeline.settings import Settings, load

SEEDS = Path(__file__).parent.parent / "seeds"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("COPYDESK_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(cache_dir=load().cache_dir) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def broker(cluster: LocalCluster) -> str:
    """Bootstrap address of a running Kafka."""
    return cluster.bootstrap


@pytest.fixture
def desk(broker: str) -> Settings:
    """Settings of a pipeline of its own, its topics created."""
    settings = load(brokers=broker, prefix=f"t{uuid.uuid4().hex[:8]}", metrics_port=0)
    asyncio.run(create_topics(settings))
    return settings


async def create_topics(settings: Settings) -> None:
    async with clients.admin(settings) as admin:
        await topics.create(admin, settings)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logged goes to another process, and half a character that it logged would end its own."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report
