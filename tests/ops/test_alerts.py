"""Every alert fires when it should and is silent when it should not, and has a page for whoever it wakes up."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import pytest
import yaml

from tests.programs import program

ROOT: Final = Path(__file__).parent.parent.parent
PROMETHEUS: Final = ROOT / "ops" / "prometheus"
RECORDING: Final = PROMETHEUS / "rules" / "recording.yml"
RUNBOOKS: Final = ROOT / "docs" / "runbooks"
HEADINGS: Final = ["What it means", "How to confirm", "What to do", "How to know that it is over"]
FAILED: Final = re.compile(r"^\s+alertname: (\w+), time: ", re.MULTILINE)

Yaml = dict[str, Any]


def load(path: Path) -> Yaml:
    loaded: Yaml = yaml.safe_load(path.read_text())
    return loaded


def evaluations(tests: Yaml) -> Iterator[Yaml]:
    return (evaluation for case in tests["tests"] for evaluation in case.get("alert_rule_test", ()))


ALERTS: Final = [rule for group in load(PROMETHEUS / "rules" / "alerts.yml")["groups"] for rule in group["rules"]]
NAMES: Final = [alert["alert"] for alert in ALERTS]
TESTS: Final = {path.name: load(path) for path in sorted((PROMETHEUS / "tests").glob("*.yml"))}


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("promtool"), *arguments], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )


# -- the rules and their tests ------------------------------------------------------------------------------------------


def test_promtool_accepts_the_configuration() -> None:
    done = promtool("check", "config", PROMETHEUS / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 rule files found" in done.stdout  # its relative paths lead somewhere


def test_promtool_accepts_the_rules() -> None:
    done = promtool("check", "rules", *sorted((PROMETHEUS / "rules").glob("*.yml")))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_do_what_their_tests_say() -> None:
    done = promtool("test", "rules", *(PROMETHEUS / "tests" / name for name in TESTS))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_is_tested_firing_and_silent(name: str) -> None:
    expected = [
        each["exp_alerts"] for tests in TESTS.values() for each in evaluations(tests) if each["alertname"] == name
    ]
    assert any(expected), "no test in which it fires"
    assert not all(expected), "no test in which it is silent"


def never(alert: Yaml) -> Yaml:
    return alert | {"expr": "vector(0) > 1"}


def always(alert: Yaml) -> Yaml:
    return alert | {"expr": "vector(1)"}


def at_once(alert: Yaml) -> Yaml:
    return {key: value for key, value in alert.items() if key != "for"}


@pytest.mark.parametrize(
    ("broken", "kept", "names"),
    [
        pytest.param(never, "firing", NAMES, id="never fires"),
        pytest.param(always, "silent", NAMES, id="always fires"),
        pytest.param(at_once, "silent", [alert["alert"] for alert in ALERTS if "for" in alert], id="does not wait"),
    ],
)
def test_a_broken_alert_is_found(
    tmp_path: Path, broken: Callable[[Yaml], Yaml], kept: Literal["firing", "silent"], names: list[str]
) -> None:
    """All are broken at once, for speed: promtool compares each alert on its own and names every one that differs.

    Only evaluations of one kind are kept: an alert that always fires is to be found by a test of its silence, and not by
    the labels of one in which it fires. Only the alerts that a file tests are evaluated, for speed again.
    """
    files = []
    for name, tests in TESTS.items():
        tested = {each["alertname"] for each in evaluations(tests)}
        rules = [broken(alert) for alert in ALERTS if alert["alert"] in tested]
        alerts = tmp_path / f"alerts-{name}"
        alerts.write_text(yaml.safe_dump({"groups": [{"name": "broken", "rules": rules}]}))
        changed = {
            "rule_files": [str(alerts), str(RECORDING)],
            "group_eval_order": ["copydesk-recording", "broken"],
            "tests": [kept_case for case in tests["tests"] if (kept_case := _keep(case, kept))],
        }
        files.append(tmp_path / name)
        files[-1].write_text(yaml.safe_dump(tests | changed))
    done = promtool("test", "rules", *files)
    assert set(FAILED.findall(done.stdout + done.stderr)) == set(names)


def _keep(case: Yaml, kept: Literal["firing", "silent"]) -> Yaml | None:
    found = [each for each in case.get("alert_rule_test", ()) if bool(each["exp_alerts"]) == (kept == "firing")]
    return case | {"alert_rule_test": found} if found else None


# -- what a tired person is told ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_an_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on(alert: Yaml) -> None:
    assert re.fullmatch(r"Copydesk([A-Z][a-z]+)+", alert["alert"])
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["summary"].endswith(".")
    assert alert["annotations"]["runbook"] == f"docs/runbooks/{alert['alert']}.md"


@pytest.mark.parametrize("name", NAMES)
def test_a_runbook_answers_the_four_questions(name: str) -> None:
    page = (RUNBOOKS / f"{name}.md").read_text()
    assert re.findall(r"^# (.+)$", page, re.MULTILINE)[0] == name
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == HEADINGS
    assert all(section.strip() for section in re.split(r"^## .+$", page, flags=re.MULTILINE)), "an empty section"


def test_the_index_lists_every_runbook_with_its_severity_and_no_other() -> None:
    listed = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\) \| (\w+) \|", (RUNBOOKS / "README.md").read_text(), re.MULTILINE)
    assert listed == [(alert["alert"], alert["alert"], alert["labels"]["severity"]) for alert in ALERTS]
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {*NAMES, "README"}
