"""Taggers that packages bring: each test installs one in a folder of its own, as pip would leave it."""

import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pipeline.entities import find
from pipeline.entities.taggers import GROUP, installed, tagger
from pipeline.errors import UserError
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "taggers.md").read_text()

Install = Callable[[str, str, dict[str, str]], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a module of this name and source, with its entry points."""
    monkeypatch.syspath_prepend(tmp_path)
    modules: list[str] = []

    def install(module: str, source: str, points: dict[str, str]) -> None:
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))
        modules.append(module)

    yield install
    for module in modules:
        sys.modules.pop(module, None)
    tagger.cache_clear()


def test_the_package_of_the_page_does_what_the_page_says(install: Install) -> None:
    [source] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    [declared] = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    project = tomllib.loads(declared)["project"]
    install(project["name"], source, project["entry-points"][GROUP])
    [text] = re.findall(r"„(.*?)“", PAGE)
    found = find(None, text, "de", [tagger("watchlist")])
    assert found.tagger == "watchlist 1"
    assert {entity.name: (entity.type, len(entity.mentions)) for entity in found.entities} == {
        "Angela Merkel": ("PERSON", 2),
        "Bundestag": ("ORGANISATION", 1),
        "Berlin": ("PLACE", 1),
    }
    assert find(None, text, "en", [tagger("watchlist")]).missing == "no tagger for en"


def test_what_the_project_declares_is_installed_and_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["entry-points"][GROUP]
    assert set(declared) <= set(installed()), "install the project anew: make test does"
    assert Settings.model_fields["tagger"].default in declared
    for name, value in declared.items():
        assert callable(EntryPoint(name, value, GROUP).load())


def test_a_tagger_is_loaded_once(install: Install) -> None:
    install(
        "counted", "from tests.poison import PoisonTagger\ndef load(): return PoisonTagger()\n", {"a": "counted:load"}
    )
    assert tagger("a") is tagger("a")
    assert tagger("tests.poison:load").name == "poison 1"


def test_an_unknown_name_is_told_with_those_that_are_installed(install: Install) -> None:
    install("two", "", {"one": "two:load", "other": "two:load"})
    with pytest.raises(UserError, match=r"no tagger three; installed are .*one, other.*COPYDESK_TAGGER") as caught:
        tagger("three")
    assert "\n" not in str(caught.value)


def test_a_name_that_two_packages_bring_is_refused(install: Install) -> None:
    install("first", "from tests.poison import load\n", {"both": "first:load"})
    install("second", "from tests.poison import load\n", {"both": "second:load"})
    with pytest.raises(UserError, match=r"more than one tagger both: .*first:load, second:load"):
        tagger("both")
    assert tagger("second:load").name == "poison 1"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", r"tagger odd: .*load.*COPYDESK_TAGGER takes module:function or one of .*odd"),
        ("import not_there_at_all\n", "tagger odd: No module named 'not_there_at_all'"),
        ("def load(): import not_there_at_all\n", "tagger odd does not load: No module named 'not_there_at_all'"),
        ("def load(): open('/nowhere/model.bin')\n", r"tagger odd does not load: .*/nowhere/model\.bin"),
        ("def load(): return [1]\n", "tagger odd is no tagger: list lacks name, languages or tag"),
    ],
    ids=["no function", "no library", "no library when loading", "no model", "no tagger"],
)
def test_what_is_wrong_is_told_in_a_line(install: Install, source: str, says: str) -> None:
    install("odd", source, {"odd": "odd:load"})
    with pytest.raises(UserError, match=says) as caught:
        tagger("odd")
    assert "\n" not in str(caught.value)


def test_a_bug_in_a_tagger_keeps_its_traceback(install: Install) -> None:
    install("buggy", "def load(): return {}['key']\n", {"buggy": "buggy:load"})
    with pytest.raises(KeyError):
        tagger("buggy")


@pytest.mark.parametrize("module", ["nowhere:load", "tests.poison:nothing", "tests..poison:load"])
def test_a_function_that_is_not_there_is_told(module: str) -> None:
    with pytest.raises(UserError, match=rf"tagger {module}: .*COPYDESK_TAGGER takes module:function"):
        tagger(module)
