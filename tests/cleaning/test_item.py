"""What a source says of its item: version, status, and what it takes back."""

from typing import Any

import orjson
import pytest

from pipeline.cleaning.item import WITHDRAWS
from pipeline.identity import document_id, item_id
from pipeline.outcomes import Drop, Reject
from tests.cleaning.messages import article, outcome

TEXT = "Fishermen in the northern port said on Tuesday they would stay ashore."
ID = "0123456789abcdef" * 2


def told(value: str | dict[str, Any], **headers: str) -> tuple[int | None, str, str | None]:
    found = article(value, **{name.replace("withdraws", WITHDRAWS): text for name, text in headers.items()})
    return found.source_version, found.status, found.withdraws


@pytest.mark.parametrize(
    ("given", "version"),
    [
        (3, 3),
        ("3", 3),
        (" 07 ", 7),
        (0, 0),
        ("20261124130500", 20261124130500),
        ("3.1", None),
        ("-1", None),
        (-1, None),
        ("٣", None),
        (True, None),
        (2.0, None),
        ("9" * 16, None),
        (2**63, None),
        ({"major": 3}, None),
        ([3], None),
    ],
)
def test_a_version_is_a_whole_number_or_none(given: Any, version: int | None) -> None:
    assert told({"body": TEXT, "version": given}) == (version, "usable", None)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("usable", "usable"),
        ("withheld", "withheld"),
        ("Withheld ", "withheld"),
        ("stat:withheld", "withheld"),
        ("published", "usable"),
        ("", "usable"),
        (200, "usable"),
        ({"code": "canceled"}, "usable"),
    ],
)
def test_a_status_is_the_standards_or_usable(given: Any, status: str) -> None:
    assert told({"body": TEXT, "status": given}) == (None, status, None)


@pytest.mark.parametrize("given", ["canceled", "CANCELLED", "stat:canceled", "withdrawn"])
def test_a_cancelled_item_is_taken_back_with_text_or_without(given: str) -> None:
    for value in ({"body": TEXT}, {}, {"body": " \n"}):
        found = article(value | {"id": "g7", "source": "quay", "pubstatus": given})
        assert (found.status, found.withdraws) == ("withdrawn", item_id("quay", "g7", found.id))
    assert outcome({"id": "g7", "pubstatus": "withheld"}) == Drop("empty")


def test_a_cancelled_document_without_an_id_of_its_source_names_itself_alone() -> None:
    found = article({"body": TEXT, "status": "canceled"})
    assert found.withdraws == found.id


def test_headers_go_before_json() -> None:
    value = {"body": TEXT, "version": 2, "pubstatus": "usable"}
    assert told(value, ce_itemversion="3", ce_itemstatus="withheld") == (3, "withheld", None)
    assert told(TEXT, ce_itemversion="12", ce_itemstatus="Withheld") == (12, "withheld", None)
    taken_back = article(TEXT, ce_itemstatus="canceled", ce_id="g7", ce_source="quay")
    assert taken_back.withdraws == document_id("quay", "g7", b"")


def test_a_header_names_what_is_taken_back_and_no_text_is_needed() -> None:
    for value in (TEXT, "", "{}", orjson.dumps({"headline": "Legal order"}).decode()):
        assert told(value, withdraws=ID) == (None, "usable", ID)
    other = told({"id": "g7", "status": "canceled"}, withdraws=ID)
    assert other == (None, "withdrawn", ID), "what the header names goes before the item itself"


@pytest.mark.parametrize("wrong", ["", " ", "g7", ID.upper(), ID[:-1], f"{ID}0"])
def test_a_withdrawal_of_no_id_is_rejected_and_never_published(wrong: str) -> None:
    result = outcome(TEXT, **{WITHDRAWS: wrong})
    assert isinstance(result, Reject)
    assert result.reason == "malformed id"


def test_an_article_says_nothing_of_the_kind() -> None:
    assert told(TEXT) == (None, "usable", None)
