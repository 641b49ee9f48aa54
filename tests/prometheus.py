"""A real Prometheus, and its rules at a speed that a test can wait for."""

import contextlib
import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.desk import wait_until
from tests.ops.promql import OPS
from tests.programs import program

RULES = OPS / "prometheus" / "rules"
DURATION = re.compile(r"(?<![\w.])(\d+)([smhd])\b")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def quickened(text: str, times: int) -> str:
    """An expression or a duration with each duration so many times shorter, and none below two seconds."""
    return DURATION.sub(lambda match: f"{max(2, int(match[1]) * SECONDS[match[2]] // times)}s", text)


def write_rules(folder: Path, times: int) -> None:
    """The project's rules with all their durations divided."""
    for file in RULES.glob("*.yml"):
        rules = yaml.safe_load(file.read_text())
        for group in rules["groups"]:
            for rule in group["rules"]:
                rule |= {key: quickened(rule[key], times) for key in ("expr", "for") if key in rule}
        (folder / file.name).write_text(yaml.safe_dump(rules))


class Prometheus:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, **parameters: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(parameters)}", timeout=20) as response:
            return json.load(response)["data"]

    def values(self, expr: str, start: float, end: float, step: float = 1.0) -> list[list[float]]:
        """Of each series of the answer, its values over the time given."""
        found = self.ask("/api/v1/query_range", query=expr, start=str(start), end=str(end), step=str(step))
        return [[float(value) for _, value in series["values"]] for series in found["result"]]

    def up(self, job: str) -> int:
        """How many targets of a job answer."""
        found = self.ask("/api/v1/query", query=f'sum(up{{job="{job}"}})')["result"]
        return int(found[0]["value"][1]) if found else 0

    def firing(self) -> set[str]:
        return {
            alert["labels"]["alertname"] for alert in self.ask("/api/v1/alerts")["alerts"] if alert["state"] == "firing"
        }

    def wait_firing(self, alerts: set[str], seconds: float) -> None:
        """Wait until each of them fires, or has fired meanwhile."""
        missing = set(alerts)

        def seen() -> bool:
            missing.difference_update(self.firing())
            return not missing

        with contextlib.suppress(TimeoutError):
            wait_until(seen, seconds, "")
        assert not missing, f"not firing after {seconds:.0f} s: {sorted(missing)}"

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False


@contextmanager
def prometheus(folder: Path, port: int, jobs: Mapping[str, Sequence[str]], *, times: int) -> Iterator[Prometheus]:
    """Prometheus on loopback, scraping every second, its rules so many times as fast as the project's."""
    (folder / "rules").mkdir(parents=True)
    write_rules(folder / "rules", times)
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules/*.yml"],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": list(targets)}]} for job, targets in jobs.items()
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    log = (folder / "prometheus.log").open("wb")
    process = subprocess.Popen(
        [
            program("prometheus"),
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        running = Prometheus(port)
        wait_until(running.ready, 60, f"Prometheus answers; its log is {folder}/prometheus.log")
        yield running
    finally:
        process.terminate()
        process.wait(30)
        log.close()
