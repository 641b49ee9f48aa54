"""docker-compose.yml, run for real: from a build to a killed broker, each step told in a line. About eight minutes.

    make smoke                               needs a Docker engine, and the images of docker-compose.yml
    make smoke ARGS="--without grafana"      where one of them can't be had

Runs beside a stack of yours: a project and ports of its own. Leaves nothing behind but the image. Exit status 0 or 1.
"""

import argparse
import asyncio
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from pipeline.kafka.broker import free_ports

ROOT: Final = Path(__file__).parents[1]
COPYDESK: Final = Path(sys.executable).with_name("copydesk")
PROJECT: Final = "copydesk-smoke"
# topics and replay are started by those that need them, ui by its profile.
SERVICES: Final = ("worker", "exporter", "replay", "prometheus", "grafana")
# From `up` to both seeds enriched, the image built: what docs/compose.md promises.
PROMISED_SECONDS: Final = 120.0
# A stack that just came up has alerts pending. Most wait 3 to 5 minutes before they fire.
SETTLE_SECONDS: Final = 240.0
# The worker is the child of Docker's init: killed from inside, as `docker kill` counts as a wish that it stay away.
KILL_THE_WORKER: Final = "import os; os.kill(int(open('/proc/1/task/1/children').read().split()[0]), 9)"


class StepError(Exception):
    """What was seen instead."""


class Stack:
    """The compose project, seen as its user sees it: by commands, the host's ports and a Kafka client."""

    def __init__(self, compose: Sequence[str], services: Sequence[str]) -> None:
        self._compose, self.services = compose, services
        self.kafka, self.prometheus, grafana = free_ports(3)
        self._environment = {name: text for name, text in os.environ.items() if not name.startswith("COPYDESK_")}
        self._environment |= {
            "KAFKA_PORT": str(self.kafka),
            "PROMETHEUS_PORT": str(self.prometheus),
            "GRAFANA_PORT": str(grafana),
            "COPYDESK_BROKERS": f"localhost:{self.kafka}",
        }

    def run(self, *words: str, seconds: float = 300) -> str:
        done = subprocess.run(
            words, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=seconds, check=False
        )
        if done.returncode:
            said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            raise StepError(f"`{shlex.join(words)}` ended with {done.returncode}: {' / '.join(said[-3:])}")
        return done.stdout

    def compose(self, *words: str, seconds: float = 300) -> str:
        return self.run(*self._compose, "-p", PROJECT, *words, seconds=seconds)

    def up(self) -> None:
        self.compose("up", "--detach", "--build", *self.services)

    def containers(self, service: str) -> list[str]:
        """Ids of a service's containers that run, one-off ones left out."""
        labels = (f"project={PROJECT}", f"service={service}", "oneoff=False")
        filters = [word for label in labels for word in ("--filter", f"label=com.docker.compose.{label}")]
        return self.run("docker", "ps", "--quiet", "--no-trunc", *filters).split()

    def inspect(self, container: str) -> dict[str, Any]:
        [found] = json.loads(self.run("docker", "inspect", container))
        return dict(found)

    def health(self, service: str) -> list[str]:
        return [self.inspect(each)["State"]["Health"]["Status"] for each in self.containers(service)]

    def is_healthy(self, service: str) -> bool:
        return set(self.health(service)) == {"healthy"}

    def ask(self, path: str, **words: str) -> Any:
        """What Prometheus answers."""
        url = f"http://127.0.0.1:{self.prometheus}/api/v1/{path}?{urllib.parse.urlencode(words)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[float]:
        return [float(series["value"][1]) for series in self.ask("query", query=expression)["result"]]

    def firing(self) -> list[str]:
        alerts = self.ask("alerts")["alerts"]
        return [alert["annotations"]["summary"] for alert in alerts if alert["state"] == "firing"]

    def rules(self) -> int:
        """How many of its rules are evaluated without an error."""
        return sum(rule["health"] == "ok" for group in self.ask("rules")["groups"] for rule in group["rules"])

    def send(self, name: str, number: int) -> None:
        """Send made-up articles, as a user would."""
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            for count in range(number):
                body = f"The council of {name} heard case {count} on Monday. It was put off to the {count + 2}th of May, a clerk said."
                file.write(
                    json.dumps({"id": f"{name}-{count}", "headline": f"Case {count} put off", "body": body}) + "\n"
                )
            file.flush()
            self.run(str(COPYDESK), "replay", file.name, "--source", name)

    def are_enriched(self, number: int) -> bool:
        """Whether there are so many documents, and each was enriched."""
        documents: dict[str, int] = json.loads(self.run(str(COPYDESK), "status", "--json"))["documents"]
        return {state: count for state, count in documents.items() if count} == {"enriched": number}

    def enriched(self) -> set[str]:
        """Ids in news.enriched, as a client on the host finds them."""
        return asyncio.run(_keys(f"localhost:{self.kafka}", "news.enriched"))


async def _keys(brokers: str, topic: str) -> set[str]:
    keys: set[str] = set()
    async with AIOKafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest") as consumer:
        while fetched := await consumer.getmany(timeout_ms=3000):
            keys |= {record.key.decode() for records in fetched.values() for record in records}
    return keys


# -- the steps -------------------------------------------------------------------------------------------------------


def start(stack: Stack) -> None:
    with step("the image is built"):
        stack.compose("build", "topics", seconds=1800)
    began = time.monotonic()
    with step(f"up: both seeds are in news.enriched within {PROMISED_SECONDS:.0f} s, read from the host"):
        stack.up()
        wait_until(lambda: len(stack.enriched()) == 2, PROMISED_SECONDS - (time.monotonic() - began))
    for service in ("kafka", *(name for name in stack.services if name != "replay")):
        with step(f"{service} is healthy"):
            wait_until(partial(stack.is_healthy, service), 90)
    with step("a client in the network reads them too"):
        lines = stack.compose("run", "--rm", "--no-deps", "-T", "worker", "tail", "--no-follow", "--json").splitlines()
        expect(len(lines), 2)
    with step("two workers, each without root and on a read-only root"):
        workers = stack.containers("worker")
        expect(len(workers), 2)
        for worker in workers:
            expect(stack.run("docker", "exec", worker, "id", "-u").strip(), "10001")
            expect(stack.inspect(worker)["HostConfig"]["ReadonlyRootfs"], wanted=True)


def watch(stack: Stack) -> None:
    began = time.monotonic()
    with step("Prometheus scrapes each of the two, the exporter, and itself"):
        wait_until(lambda: stack.query('up{job="worker"} == 1') == [1, 1], 60)
        wait_until(lambda: stack.query('up{job=~"exporter|prometheus"} == 1') == [1, 1], 60)
    with step("all its rules are evaluated"):
        expected = sum(
            line.lstrip("- ").startswith(("alert:", "record:"))
            for file in (ROOT / "ops" / "prometheus" / "rules").glob("*.yml")
            for line in map(str.strip, file.read_text().splitlines())
        )
        wait_until(lambda: stack.rules() == expected > 0, 60)
    with step(f"no alert fires in {SETTLE_SECONDS:.0f} s"):
        while time.monotonic() - began < SETTLE_SECONDS:
            expect(stack.firing(), [])
            time.sleep(5)


def disturb(stack: Stack) -> None:
    with step("scaled to four workers, all healthy and scraped"):
        stack.compose("up", "--detach", "--no-deps", "--no-recreate", "--scale", "worker=4", "worker")
        wait_until(lambda: stack.health("worker") == ["healthy"] * 4, 90)
        wait_until(lambda: stack.query('up{job="worker"} == 1') == [1] * 4, 60)
    with step("one worker is killed: 50 documents sent meanwhile are enriched, and it comes back"):
        victim = stack.containers("worker")[0]
        stack.run("docker", "exec", victim, "python", "-c", KILL_THE_WORKER)
        stack.send("Kilham", 50)
        wait_until(lambda: stack.are_enriched(52), 120)
        wait_until(lambda: stack.inspect(victim)["State"]["Health"]["Status"] == "healthy", 90)
        expect(stack.inspect(victim)["RestartCount"], 1)
    with step("the broker is killed: the exporter says so"):
        [broker] = stack.containers("kafka")
        stack.run("docker", "kill", broker)
        wait_until(lambda: stack.query("copydesk_kafka_up") == [0], 90)
    with step("the broker is back: the exporter says so, and 10 documents sent then are enriched"):
        stack.run("docker", "start", broker)
        wait_until(lambda: stack.is_healthy("kafka"), 90)
        stack.send("Brokenhurst", 10)
        wait_until(lambda: stack.are_enriched(62), 180)
        wait_until(lambda: stack.query("copydesk_kafka_up") == [1], 90)
    with step("a worker told to stop ends with status 0"):
        wait_until(lambda: stack.health("worker") == ["healthy"] * 4, 180)
        told = stack.containers("worker")[0]
        stack.run("docker", "stop", told)
        expect(stack.inspect(told)["State"]["ExitCode"], 0)


def start_again(stack: Stack) -> None:
    for what in ("restart", "down and up"):
        before = stack.enriched()
        with step(f"{what}: the {len(before)} documents are there, and 5 more are enriched"):
            if what == "restart":
                stack.compose("restart")
            else:
                stack.compose("down")
                stack.up()
            wait_until(partial(stack.is_healthy, "kafka"), 90)
            expect(stack.enriched(), before)
            stack.send(what, 5)
            wait_until(partial(stack.are_enriched, len(before) + 5), 180)
            wait_until(partial(stack.is_healthy, "worker"), 120)


def tell_sizes(stack: Stack) -> None:
    size = int(stack.run("docker", "image", "inspect", "--format", "{{.Size}}", "copydesk:local"))
    print(f"the image: {size / 1e6:.0f} MB; memory of each container, of what it may have:")
    names = [container for service in ("kafka", *stack.services) for container in stack.containers(service)]
    print(stack.run("docker", "stats", "--no-stream", "--format", "  {{.Name}}  {{.MemUsage}}", *names), end="")


# -- the tools of a step ---------------------------------------------------------------------------------------------


@contextmanager
def step(what: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    except Exception as error:
        print(f"FAILED {time.monotonic() - began:6.1f} s  {what}", flush=True)
        raise StepError(f"{what}: {error}") from error
    print(f"ok     {time.monotonic() - began:6.1f} s  {what}", flush=True)


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Ask until it holds. What is just starting may refuse to answer, so its errors count as no."""
    deadline, last = time.monotonic() + seconds, "it did not come to be"
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except Exception as error:  # noqa: BLE001 - whatever it is, the last one is told
            last = f"{type(error).__name__}: {error}"
        time.sleep(0.5)
    raise TimeoutError(f"not within {seconds:.0f} s: {last}")


def expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise StepError(f"found {found!r}, wanted {wanted!r}")


def find_compose() -> list[str]:
    for command in (["docker", "compose"], ["docker-compose"]):
        if answers(*command, "version"):
            return command
    sys.exit("neither `docker compose` nor `docker-compose` answers; install one, or name it: --compose")


def answers(*words: str) -> bool:
    return bool(shutil.which(words[0])) and not subprocess.run(words, capture_output=True, check=False).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--without", nargs="*", default=[], choices=SERVICES[3:], metavar="SERVICE", help="grafana, for one"
    )
    parser.add_argument("--compose", type=shlex.split, help="the command, if it is not `docker compose`")
    arguments = parser.parse_args()
    if not answers("docker", "info"):
        sys.exit("no Docker engine answers; start one, or set DOCKER_HOST")
    stack = Stack(arguments.compose or find_compose(), [name for name in SERVICES if name not in arguments.without])
    try:
        stack.compose("down", "--volumes", "--remove-orphans")
        start(stack)
        watch(stack)
        disturb(stack)
        tell_sizes(stack)
        start_again(stack)
    except (StepError, KeyboardInterrupt) as error:
        print(stack.compose("logs", "--no-color", "--tail", "20"), file=sys.stderr)
        sys.exit(f"{type(error).__name__}: {error}")
    finally:
        stack.compose("down", "--volumes", "--remove-orphans")


if __name__ == "__main__":
    main()
