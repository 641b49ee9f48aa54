import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities import language
from pipeline.entities.language import detect

SENTENCES = {
    "en": "The government said on Monday that it would rebuild the ancient city.",
    "de": "Die Regierung teilte am Montag mit, dass sie die antike Stadt wieder aufbauen werde.",
    "fr": "Le gouvernement a annoncé lundi qu'il allait reconstruire la ville antique.",
    "es": "El gobierno anunció el lunes que reconstruirá la antigua ciudad.",
    "ru": "Правительство сообщило в понедельник, что восстановит древний город.",
    "ar": "قالت الحكومة يوم الاثنين إنها ستعيد بناء المدينة القديمة قريبا",
    "zh": "政府周一表示，将在未来几年内重建这座古老的城市，并修复被毁坏的神庙。",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_languages(code: str) -> None:
    assert detect(SENTENCES[code]) == code
    assert detect(SENTENCES[code].replace(" ", "\n")) == code


def test_capitals_are_read_too() -> None:
    assert detect(SENTENCES["en"].upper()) == "en"


@pytest.mark.parametrize(
    "text", ["", "Reuters", "JUDGE RULES", "12345 67890 " * 20, "\n \t", "\x00" * 500, "😀" * 500, "qzx " * 40]
)
def test_too_short_or_unclear_is_undetermined(text: str) -> None:
    assert detect(text) == "und"


def test_lone_surrogates_do_no_harm() -> None:
    assert detect("\ud800" + SENTENCES["en"] + "\udfff") == "en"


def test_only_the_beginning_counts() -> None:
    assert detect(SENTENCES["en"] * 20 + SENTENCES["de"] * 200) == "en"


def test_no_network_and_no_other_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setenv("FTLANG_CACHE", str(tmp_path / "cache"))
    language._detector.cache_clear()
    assert detect(SENTENCES["en"]) == "en"
    assert not list(tmp_path.iterdir())


@given(st.text(max_size=200))
def test_any_text_has_a_code(text: str) -> None:
    code = detect(text)
    assert code == "und" or (len(code) == 2 and code.islower())
    assert detect(text) == code
