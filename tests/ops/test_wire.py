"""Agency copy from templates: what is labelled is what was filled in, and nothing is left unfilled."""

from collections.abc import Iterator

import pytest

from ops.training import gold, listed, templates, wire
from pipeline.entities.english import network

# One telling name of each kind: where it stands, its label can be foretold.
NAMES = {
    "given xx": ["Givenette"],
    "surname xx": ["Surnameson"],
    "city": ["Cityville"],
    "country": ["Countria", "the Countrylands"],
    **{
        kind: [f"{kind.title().replace('-', '').replace(' ', '')}ix"]
        for kind in wire.LABELS
        if kind[:3] not in {"cit", "cou"}
    },
}
FOLDER = wire.TEMPLATES
APART = {"names.txt", "people.txt", "lists.txt", "nameless.txt"}


@pytest.fixture(scope="module")
def written() -> list[tuple[list[str], list[str]]]:
    return list(wire.sentences(NAMES, 4000, seed=7))


def shown(template: str) -> list[tuple[str, str]]:
    """Words with their tags of a template that can only be written one way."""
    pieces = wire.Writer({**NAMES, "country": ["the Countrylands"]}, 1)._printed(templates.parsed(template))
    return list(zip(*wire._labelled(*wire._joined(pieces, apostrophe_alone=False)), strict=True))


def parts(body: templates.Body) -> Iterator[object]:
    for part in body:
        yield part
        if isinstance(part, templates.Span):
            yield from parts(part.body)
        elif isinstance(part, templates.Choice):
            for choice in part.of:
                yield from parts(choice)


def test_a_name_is_labelled_whole_and_what_stands_beside_it_is_not() -> None:
    assert shown("pro-[city] [Bank of [country]:ORG]'s chief, [company].") == [
        ("pro", "O"),
        ("-", "O"),
        ("Cityville", "B-LOC"),
        *zip("Bank of the Countrylands".split(), "B-ORG I-ORG I-ORG I-ORG".split(), strict=True),
        ("'s", "O"),
        ("chief", "O"),
        (",", "O"),
        ("Companyix", "B-ORG"),
        (".", "O"),
    ]


def test_an_article_is_outside_and_capitals_are_inside() -> None:
    assert shown("in [country], [^city]") == [
        ("in", "O"),
        ("the", "O"),
        ("Countrylands", "B-LOC"),
        (",", "O"),
        ("CITYVILLE", "B-LOC"),
    ]


def test_names_side_by_side_are_two() -> None:
    assert [tag for _, tag in shown("[city] [city]")] == ["B-LOC", "B-LOC"]


def test_a_person_who_comes_again_is_the_same() -> None:
    names = {
        "given xx": [f"G{'abcdefgh'[i]}" for i in range(8)],
        "surname xx": [f"S{'abcdefgh'[i]}" for i in range(8)],
    }
    for seed in range(20):
        writer = wire.Writer(names, seed)
        (person, _), _, (surname, _), _, (again, _) = writer._printed(
            templates.parsed("[person a] [surname a] [person a]")
        )
        assert person == again
        assert surname in person


def test_a_stop_that_belongs_to_a_name_ends_the_sentence_too() -> None:
    assert [word for word, _ in shown("at [Acme Inc.:ORG].")] == ["at", "Acme", "Inc."]


def test_every_slot_is_a_rule_or_a_kind_of_name() -> None:
    rules = wire.rules()
    bodies = [body for rule in rules.values() for body in rule.of]
    paths = [path for path in FOLDER.glob("*.txt") if path.name not in {"names.txt", "people.txt"}]
    bodies += [templates.parsed(line) for path in paths for line in templates.lines(path)]
    slots = {part.kind for body in bodies for part in parts(body) if isinstance(part, templates.Slot)}
    assert slots <= rules.keys() | wire.LABELS.keys() | {"person", "surname", "given", "ticker"}
    assert rules.keys() - {"dateline"} <= slots, "a rule that nothing uses"


def test_no_slot_is_left_unfilled(written: list[tuple[list[str], list[str]]]) -> None:
    assert not {mark for words, _ in written for mark in words if mark in {"[", "]", "{", "}", "|", "^"}}


def test_names_get_the_label_of_their_kind_or_of_the_longer_name_they_are_in(
    written: list[tuple[list[str], list[str]]],
) -> None:
    labels: dict[str, set[str]] = {}
    for words, tags in written:
        for word, tag in zip(words, tags, strict=True):
            labels.setdefault(word, set()).add(tag[2:])
    assert labels["Companyix"] == labels["Partyix"] == {"ORG"}
    assert "" not in labels["Cityville"] | labels["Countria"] | labels["Surnameson"] | labels["Givenette"]
    assert labels["said"] == labels["Monday"] == labels["President"] == labels["percent"] == {""}


def test_tags_are_bio_and_the_words_are_the_taggers_own(written: list[tuple[list[str], list[str]]]) -> None:
    for words, tags in written:
        for before, tag in zip(["O", *tags], tags, strict=False):
            assert tag in network.TAGS
            assert tag[0] != "I" or before[1:] == tag[1:], (words, tags)
    for (words, tags), sentence in zip(written, gold.sentences(written, misc=True), strict=True):
        assert list(sentence.tokens) == words
        assert [network.TAGS[tag] for tag in sentence.tags] == tags


def test_the_seed_decides(written: list[tuple[list[str], list[str]]]) -> None:
    assert list(wire.sentences(NAMES, 50, seed=7)) == written[:50]
    assert list(wire.sentences(NAMES, 50, seed=8)) != written[:50]


def test_about_one_in_seven_has_no_name(written: list[tuple[list[str], list[str]]]) -> None:
    assert 0.12 < sum({*tags} == {"O"} for _, tags in written) / len(written) < 0.18


def test_templates_are_many_and_none_is_there_twice() -> None:
    found = [line for path in FOLDER.glob("*.txt") if path.name not in APART for line in templates.lines(path)]
    assert len(found) == len(set(found))
    assert 250 <= len(found) <= 400


@pytest.mark.parametrize("template", ["[city", "{a|b", "a ] b", "a | b", "[]", "[City Hall]", "[a:PLACE]"])
def test_a_template_that_is_wrong_is_refused(template: str) -> None:
    with pytest.raises(ValueError):
        templates.parsed(template)


@pytest.mark.parametrize(
    ("name", "printed"), [("Left or L", False), ("Berg (van)", False), ("Ann Bell", True), ("de Gaulle", False)]
)
def test_lists_give_what_copy_would_print(name: str, printed: bool) -> None:  # noqa: FBT001 - a table
    assert listed._printable(name) is printed


def test_names_are_written_as_copy_has_them() -> None:
    assert listed._written("Yoko TANAKA III", "person") == "Yoko Tanaka III"
    assert listed._written("The Hertz Corporation", "company") == "Hertz Corporation"
    assert listed._written("Red Sea", "feature") == "the Red Sea"
