"""docker-compose.yml and the image: what can be said of them without an engine, and a run where there is one."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.kafka.storage import SERVER
from pipeline.kafka.topics import LANGUAGE_PARTITIONS
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
# A replay that can't send is for a person to look at; topics are created as soon as Kafka answers.
RESTARTS = {"topics": "on-failure", "replay": "no"}
ONE_SHOTS = set(RESTARTS)
UNITS = {"m": 1, "g": 1024}
# `${NAME:-default}` as Compose reads it.
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


def each_service() -> Any:
    return pytest.mark.parametrize(("name", "service"), SERVICES.items(), ids=SERVICES)


def megabytes(service: dict[str, Any]) -> int:
    limit = re.fullmatch(r"(\d+)([mg])", service["mem_limit"])
    assert limit
    return int(limit[1]) * UNITS[limit[2]]


@each_service()
def test_a_port_of_the_host_is_on_loopback_and_can_be_changed(name: str, service: dict[str, Any]) -> None:
    for port in service.get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+", port)


def test_what_scales_has_no_name_and_no_port_of_the_host() -> None:
    assert SERVICES["worker"]["scale"] == 2
    assert "ports" not in SERVICES["worker"]
    assert not [name for name, service in SERVICES.items() if "container_name" in service]


@each_service()
def test_every_service_is_bounded_and_comes_back(name: str, service: dict[str, Any]) -> None:
    assert service["restart"] == RESTARTS.get(name, "unless-stopped")
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert megabytes(service)


def test_what_stays_up_fits_an_8_gb_laptop() -> None:
    always = {name: service for name, service in SERVICES.items() if name not in ONE_SHOTS | {"ui"}}
    assert sum(megabytes(service) * service.get("scale", 1) for service in always.values()) <= 4608


@each_service()
def test_images_are_pinned_and_ours_is_built(name: str, service: dict[str, Any]) -> None:
    if service["image"] == "copydesk:local":
        assert service["pull_policy"] == "never"
        assert service["read_only"]
        assert service["init"]
    else:
        assert re.fullmatch(r"[a-z]+/[a-z-]+:v?\d+\.\d+\.\d+", service["image"])


def test_our_image_is_built_once_and_before_anybody_needs_it() -> None:
    """Compose builds services at the same time, and two that make the same image get into each other's way."""
    built = {name: service["build"] for name, service in SERVICES.items() if "build" in service}
    assert list(built) == ["topics"]
    assert (ROOT / built["topics"]["dockerfile"]).is_file()


def test_the_window_fits_the_memory_of_one_worker_that_owns_every_language() -> None:
    worker = SERVICES["worker"]
    [(_, documents)] = VARIABLE.findall(worker["environment"]["COPYDESK_WINDOW_DOCUMENTS"])
    window = LANGUAGE_PARTITIONS * int(documents) * 3.9e3  # bytes a document, docs/tuning.md
    process = 350e6
    assert window + process + 150e6 < megabytes(worker) * 2**20


def test_everything_that_stays_up_can_tell_its_health() -> None:
    image = (ROOT / "ops" / "docker" / "Dockerfile").read_text()
    assert "HEALTHCHECK" in image
    for name, service in SERVICES.items():
        disabled = service.get("healthcheck", {}).get("disable", False)
        assert disabled == (name in ONE_SHOTS)
        assert name in {"worker", "ui"} | ONE_SHOTS or service["healthcheck"]["test"][0].startswith("CMD")


def test_the_order_of_the_start_is_by_health() -> None:
    conditions = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    assert conditions["topics"] == {"kafka": {"condition": "service_healthy"}}
    for name in ("worker", "exporter", "replay"):
        assert conditions[name] == {"topics": {"condition": "service_completed_successfully"}}
    assert "sleep" not in TEXT


@each_service()
def test_no_password_is_in_it(name: str, service: dict[str, Any]) -> None:
    names = list(service.get("environment", {}))
    assert not [each for each in names if re.search("PASSWORD|SECRET|TOKEN|JAAS|_USER", each)]


def test_only_the_kafka_browser_is_left_out_unless_asked_for() -> None:
    assert {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service} == {"ui": ["ui"]}


def test_clients_on_the_host_are_told_the_port_of_the_host() -> None:
    kafka = SERVICES["kafka"]
    [port] = kafka["ports"]
    published = port.removeprefix("127.0.0.1:").rsplit(":", 1)[0]
    advertised = dict(word.split("://") for word in kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert advertised == {"INSIDE": "kafka:19092", "HOST": f"localhost:{published}"}
    assert SERVICES["worker"]["environment"]["COPYDESK_BROKERS"] == advertised["INSIDE"]


def test_kafka_is_configured_as_the_local_broker() -> None:
    """The heap is shared with a laptop; what is said of sizes and rebalances is said once, in storage.py."""
    local = dict(line.split("=", 1) for line in SERVER.splitlines() if "=" in line and not line.startswith("#"))
    here = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in SERVICES["kafka"]["environment"].items()
    }
    shared = {name for name in local.keys() & here.keys() if "{" not in local[name] and "listener" not in name}
    assert {name: here[name] for name in shared} == {name: local[name] for name in shared}
    assert {"message.max.bytes", "group.initial.rebalance.delay.ms", "auto.create.topics.enable"} <= shared


def test_every_setting_is_one_and_a_stop_has_its_time() -> None:
    known = {f"COPYDESK_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"COPYDESK_[A-Z_]+[A-Z]", TEXT)) <= known
    dockerfile = (ROOT / "ops" / "docker" / "Dockerfile").read_text()
    assert set(re.findall(r"COPYDESK_[A-Z_]+[A-Z]", dockerfile)) <= known
    assert int(SERVICES["worker"]["stop_grace_period"][:-1]) > 2 * Settings().stop_deadline


def test_every_variable_has_a_default() -> None:
    assert "SEEDS" in dict(VARIABLE.findall(TEXT))
    assert not re.search(r"(?<!\$)\$(?!\$|\{\w+:-)", TEXT)


def test_what_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source, _, _ = VARIABLE.sub(r"\2", mount).partition(":")
            assert (ROOT / source).is_dir() if source.startswith(".") else source in FILE["volumes"]


# -- where there is an engine ----------------------------------------------------------------------------------------


def answers(*words: str) -> bool:
    try:
        return not subprocess.run(words, cwd=ROOT, capture_output=True, timeout=600, check=False).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_smoke_test_passes() -> None:
    """Skips also where CI is set: a machine without an engine is no fault of the change that is tested."""
    if not answers("docker", "info"):
        pytest.skip("no Docker engine answers: start one, or run ops/smoke.py where there is one")
    bases = ["python:3.11-slim-bookworm", *(one["image"] for one in SERVICES.values() if "pull_policy" not in one)]
    missing = [
        image
        for image in bases
        if "kafka-ui" not in image
        and not (answers("docker", "image", "inspect", image) or answers("docker", "pull", image))
    ]
    without = [image for image in missing if "grafana" in image]
    if missing != without:
        pytest.skip(f"these images are not here and can't be pulled: {', '.join(missing)}")
    command = [sys.executable, "ops/smoke.py", *(["--without", "grafana"] if without else [])]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr[-8000:]
