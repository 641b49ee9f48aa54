import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning.text import Refusal, decode, lines, normalise

GREETING = "Müller grüßt “Kyjiw” 😀"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_honoured(encoding: str) -> None:
    assert decode(GREETING.encode(encoding), None) == GREETING
    assert decode(GREETING.encode(encoding), "utf-8" if encoding == "utf-8" else "iso-8859-1") == GREETING


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        ("ISO-8859-1", "cp1252", "“Müller”"),  # as browsers do
        ("us-ascii", "utf-8", "Müller"),
        ("windows-1251", "cp1251", "Путин"),
        ("KOI8-R", "koi8-r", "Путин"),
        ("GB2312", "gb2312", "新华社"),
        ("Shift_JIS", "shift_jis", "共同通信"),
        ("utf8", "utf-8", GREETING),
    ],
)
def test_charsets_of_the_header(charset: str, encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), charset) == text


@pytest.mark.parametrize("charset", ["rot13", "punycode", "idna", "klingon", "unicode_escape", "a\0b", "zlib"])
def test_other_codecs_are_refused(charset: str) -> None:
    with pytest.raises(Refusal) as refusal:
        decode(b"abc", charset)
    assert refusal.value.reason == "unknown charset"


@pytest.mark.parametrize(
    ("value", "charset", "reason", "error"),
    [
        (b"caf\xe9 au lait", None, "not UTF-8", "byte 0xe9 at offset 3"),
        (b"\xef\xbb\xbfcaf\xe9", None, "not UTF-8", "byte 0xe9 at offset 6"),
        (b"\xed\xa0\x80", None, "not UTF-8", "byte 0xed at offset 0"),  # a lone surrogate
        (b"ab\x81", "windows-1252", "wrong charset", "byte 0x81 at offset 2 is not cp1252"),
        (b"abc\0\0\0\0def", None, "binary", "4 NULs in 10 characters"),
    ],
)
def test_bytes_that_are_no_text_are_refused(value: bytes, charset: str | None, reason: str, error: str) -> None:
    with pytest.raises(Refusal) as refusal:
        decode(value, charset)
    assert (refusal.value.reason, refusal.value.error) == (reason, error)


def test_a_few_nuls_are_no_binary() -> None:
    assert normalise(decode(b"a\0b", None)) == "ab"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne"),
        ("\x01Pu\xadtin\u200b \x7f\ufeff\u202eAssad\u202c", "Putin Assad"),
        ("Zu\u0308rich", "Zürich"),
        ("👩\u200d🚀 and می\u200cخواهم", "👩\u200d🚀 and می\u200cخواهم"),  # joiners carry meaning
        ("L’Ã©tÃ© Ã  Paris", "L’été à  Paris"),
        ("the word “naïve” – quoted", "the word “naïve” – quoted"),
    ],
)
def test_normal_form(text: str, clean: str) -> None:
    assert normalise(text) == clean


@given(st.text() | st.text("aé\u0301\u0323\r\x00\x85\u200b\ufeff\n", max_size=100))
def test_normalised_text_is_nfc_and_prints(text: str) -> None:
    once = normalise(text)
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(character) == "Cc" for character in once if character not in "\n\t")
    assert not set(once) & set("\u200b\ufeff\u2028")


def texts(text: str) -> list[str]:
    return [line.text for line in lines(text)]


WIRE = """STANDARD OIL TO FORM FINANCIAL UNIT
Standard Oil Co and BP North America
Inc said they plan to form a venture to manage the money market
borrowing and investment activities of both companies, long-
term.
    BP North America is a subsidiary of British Petroleum Co
Plc, which also owns a 55 pct interest in Standard Oil.
"""


def test_hard_wrapped_paragraphs_are_joined_and_the_title_is_not() -> None:
    title, first, second = texts(WIRE)
    assert title == "STANDARD OIL TO FORM FINANCIAL UNIT"
    assert first.startswith("Standard Oil Co and BP North America Inc said")
    assert first.endswith("activities of both companies, long-term.")
    assert second.startswith("BP North America is a subsidiary of British Petroleum Co Plc, which")


def test_blank_lines_part_wrapped_paragraphs() -> None:
    assert texts("one that goes\non here.\n\nTwo that goes\non too.") == [
        "one that goes on here.",
        "Two that goes on too.",
    ]


def test_rows_of_a_table_stay_rows() -> None:
    assert texts("Prices are as\nfollows, in cents\nfor the bushel:\nWheat   2.55   2.40\nMaize   1.70   1.60") == [
        "Prices are as follows, in cents for the bushel:",
        "Wheat 2.55 2.40",
        "Maize 1.70 1.60",
    ]


def test_lists_and_pages_are_not_joined() -> None:
    page = ["Group C: Germany", "Group D: Denmark", "1. France", "2. Wales", "A sentence of the page ends here."]
    assert texts("\n".join(page)) == page


@given(st.lists(st.text("ab A.,-\t é", max_size=30)).map("\n".join))
def test_lines_keep_every_word(text: str) -> None:
    kept = "".join("".join(texts(text)).split())
    assert kept == "".join(text.split())
