"""The contract of every topic.

Frozen dataclasses, written with orjson and validated on the way in. Changes are additive: a field added later has a
default, so a reader understands its own `schema` number and the one before. Text offsets count Unicode code points of
the field they name, as Python indexes a `str`. All times are UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar

import orjson
from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError
from pydantic import Field as Constraint

SCHEMA: Final = 3

# Names the header under which every record of ours carries its schema number, so a consumer can skip what it does not
# understand without parsing it.
SCHEMA_HEADER: Final = "copydesk-schema"

EntityType = Literal["PERSON", "ORGANISATION", "PLACE", "OTHER"]
Field = Literal["headline", "dateline", "body"]
Kind = Literal["unique", "exact", "near", "revision", "digest"]
Direction = Literal["excerpt", "extended"]
MarkKind = Literal["correction", "update", "repeat", "roundup", "advisory", "withdrawal"]
Status = Literal["usable", "withheld", "withdrawn"]
Id = Annotated[str, Constraint(pattern=r"^[0-9a-f]{32}$")]
# What no record of ours exceeds: bytes of a document in words, and the clock of a source that numbers its versions by it.
Count = Annotated[int, Constraint(ge=0, le=2**32 - 1)]
VersionNumber = Annotated[int, Constraint(ge=0, le=10**15)]
Stage = Literal["clean", "extract", "dedupe", "emit"]
TimeSource = Literal["cloudevents", "broker"]
Precision = Literal["second", "minute", "day"]

_CONFIG: Final = ConfigDict(use_attribute_docstrings=True, strict=True)


class RecordError(ValueError):
    """A value that is no record of its topic: the message says what is wrong with it, in a line."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where on Kafka a record stood."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Raw:
    """A message of the raw topic as it came: any bytes, from any producer."""

    value: bytes
    headers: Mapping[str, bytes]
    timestamp: datetime
    """The broker's or producer's record time."""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """Text that cleaning took out of the document."""

    rule: str
    """Name of the rule that removed it."""
    text: str
    """At most the first 200 characters."""
    characters: int
    """How many were removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Value of the clean topic: the text of one document, and nothing but its text, with its metadata."""

    __pydantic_config__ = _CONFIG

    schema: int = SCHEMA
    id: Id
    """SHA-256 over the source's name, the source's own id and the raw bytes: 32 hex digits. Never from a path."""
    source: str
    """Who sent it (`ce_source`)."""
    source_id: str | None = None
    """The source's own id of the document (`ce_id`)."""
    uri: str | None = None
    """Where a reader finds the document, if the source said so."""
    media_type: str
    received: AwareDatetime
    """When the desk first saw the document; travels unchanged."""
    received_from: TimeSource
    headline: str | None = None
    standfirst: str | None = None
    """The sentence under the headline."""
    body: str
    """Paragraphs, separated by a line feed."""
    published: AwareDatetime | None = None
    published_from: str | None = None
    """How the published time was found: `date line`, `update line`, `dateline`, `field NAME`."""
    published_precision: Precision | None = None
    byline: str | None = None
    dateline: str | None = None
    """The place before the first sentence."""
    agency: str | None = None
    copyright: str | None = None
    source_version: VersionNumber | None = None
    """Which version of its item this is, as the source counts, where it says so."""
    status: Status = "usable"
    """What the source says of the item."""
    withdraws: Id | None = None
    """Item or document that this message takes back: then it is a notice and no article."""
    words: int
    """Words in the body."""
    removed: tuple[Removed, ...] = ()
    cleaner: str
    """Version of the cleaning rules."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds spent by each stage so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One place where an entity is named: `text == field[start:end]`."""

    field: Field
    start: int
    end: int
    text: str
    government: bool = False
    """A capital that stands for its government ("Moscow said"), where that is certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One person, organisation, place or other name of an article, with all its mentions."""

    name: str
    """What it is called: the fullest form in the article, or the usual name of what is known beforehand."""
    type: EntityType
    salience: float
    """0 to 1: by number of mentions, by how early the first one stands, by whether the headline names it."""
    mentions: tuple[Mention, ...]
    ids: dict[str, str] = field(default_factory=dict)
    """`iso3166` (alpha-2), `geonames`, `wikidata`; only where certain."""
    roles: tuple[str, ...] = ()
    """What a person is, as printed: "Kremlin spokesman"."""
    symbols: tuple[str, ...] = ()
    """Stock symbols printed behind an organisation: "IRDV.O"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What duplicates are found by, computed where it scales out (see pipeline/duplicates/sketch.py)."""

    version: str
    exact: str
    """Hash of the normalised text, 32 hex digits."""
    words: Count
    """Words of the normalised text."""
    shingles: Count
    """Distinct word 5-grams."""
    hashes: str
    """The smallest distinct shingle hashes, at most 128, ascending, 32-bit little-endian, base64."""
    digits: tuple[str, ...]
    """Distinct tokens that hold a digit, at most 32, sorted."""
    names: tuple[str, ...] = ()
    """Distinct words that stand in the text with a capital only, at most 24, lower case, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What an agency puts before a headline to say what kind of piece it is (see pipeline/duplicates/marks.py)."""

    kind: MarkKind
    number: Count | None = None
    """Of an update or a lead: `UPDATE 2`, `3rd Ld`."""
    text: str
    """As printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """Value of the tagged topic: an article with all that can be known about it alone."""

    __pydantic_config__ = _CONFIG

    schema: int = SCHEMA
    article: Article
    language: str
    """ISO 639-1 code, `und` if it can't be told."""
    entities: tuple[Entity, ...] = ()
    entities_missing: str | None = None
    """Why no entities were looked for, or where the search ended; null where all text was read."""
    tagger: str | None = None
    sketch: Sketch
    mark: Mark | None = None
    vector: str | None = None
    """What stories are found by (see pipeline/stories/vector.py), base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Verdict about a document as first emitted."""

    kind: Kind
    of: Id | None = None
    """Id of the first-arrived member of the family known then; null for `unique` and `digest`."""
    similarity: float | None = None
    """Estimated Jaccard similarity of the word 5-grams."""
    containment: float | None = None
    """Estimated share of the shorter text's 5-grams that the other has, where it could be told."""
    direction: Direction | None = None
    """`excerpt` of the other, or an `extended` version of it; null where both are about as long."""
    withdrawn: bool = False
    """What it is a copy of has been withdrawn by its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRef:
    id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Value of the judged topic: a tagged article with its verdict, in the order of decisions."""

    __pydantic_config__ = _CONFIG

    schema: int = SCHEMA
    tagged: Tagged
    item_id: Id
    """What the source calls one item, hashed with the source's name; a document is one version of it.

    A revision that only its headline's mark tells has the id of the item that it revises.
    """
    version: int = 1
    """1 for the first, or as the source counts."""
    status: Status = "usable"
    """A `withdrawn` one has no text any more, and a tombstone follows."""
    revises: Id | None = None
    """The version before this one."""
    superseded_by: Id | None = None
    """The version after this one: where it is set, a newer one is known."""
    received: AwareDatetime
    """From the first time the document was seen, also when it is delivered again."""
    received_from: TimeSource
    duplicate: Duplicate
    story: StoryRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySnapshot:
    """Value of the stories topic, keyed by the story's id: what is known of it now."""

    __pydantic_config__ = _CONFIG

    schema: int = SCHEMA
    id: Id
    """Of the document it began with."""
    merged_into: Id | None = None
    """The older story that this one has become part of: nothing is added here any more."""
    headline: str | None = None
    """Of its most central article."""
    entities: tuple[str, ...] = ()
    """The most frequent names of all kinds."""
    people: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Who wrote about it: the first ten."""
    first: AwareDatetime
    """When its first article was published, or received where that is not known."""
    last: AwareDatetime
    members: tuple[str, ...] = ()
    """The latest 50 document ids, duplicates and versions among them."""
    count: int
    """How many documents, withdrawn ones not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyMerge:
    """Value of the families topic: a document was a copy of two others that had been taken for different ones.

    What was said in `duplicate.of` before stands; this says that both names mean one family.
    """

    __pydantic_config__ = _CONFIG

    schema: int = SCHEMA
    id: Id
    """The founder that is no longer one; also the key."""
    merged_into: Id
    """The founder of both from now on: the older one."""
    by: Id
    """The document that is a copy of both."""
    at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enriched:
    """Value of the enriched topic: the public contract. Keyed by `id`; the latest record of a key is the truth."""

    __pydantic_config__ = _CONFIG

    schema: int = SCHEMA
    id: Id
    item_id: Id
    """The item that this is a version of: what the source calls one, or what a headline's mark says it revises."""
    version: int = 1
    """1 for the first, or as the source counts."""
    status: Status = "usable"
    """A `withdrawn` one has no text any more, and a tombstone follows."""
    revises: Id | None = None
    """The version before this one."""
    superseded_by: Id | None = None
    """The version after this one: where it is set, a newer one is known."""
    source: str
    source_id: str | None = None
    uri: str | None = None
    media_type: str
    headline: str | None = None
    standfirst: str | None = None
    body: str
    language: str
    byline: str | None = None
    dateline: str | None = None
    agency: str | None = None
    copyright: str | None = None
    words: int
    published: AwareDatetime | None = None
    published_from: str | None = None
    published_precision: Precision | None = None
    received: AwareDatetime
    received_from: TimeSource
    entities: tuple[Entity, ...] = ()
    entities_missing: str | None = None
    duplicate: Duplicate
    story: StoryRef | None = None
    removed: tuple[Removed, ...] = ()
    models: dict[str, str | None] = field(default_factory=dict)
    """Versions of what made this record: `cleaner`, `tagger`, `sketch`."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds spent by each stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Value of the dropped topic: a document that ended on purpose."""

    __pydantic_config__ = _CONFIG

    schema: int = SCHEMA
    id: Id
    stage: Stage
    reason: str
    detail: str | None = None
    source: str | None = None
    origin: Origin
    at: AwareDatetime


Record = Article | Tagged | Judged | StorySnapshot | FamilyMerge | Enriched | Dropped
R = TypeVar("R", Article, Tagged, Judged, StorySnapshot, FamilyMerge, Enriched, Dropped)


ADAPTERS: Final[Mapping[type[Any], TypeAdapter[Any]]] = {
    kind: TypeAdapter(kind) for kind in (Article, Tagged, Judged, StorySnapshot, FamilyMerge, Enriched, Dropped)
}


def encode(record: Record) -> bytes:
    """One record as UTF-8 JSON; times as RFC 3339 with `Z`."""
    return orjson.dumps(record, option=orjson.OPT_UTC_Z)


def decode(kind: type[R], value: bytes | None) -> R:
    """The record in `value`, validated.

    Raises:
        RecordError: no JSON, not of this kind, or of a schema number this version does not read.
    """
    if value is None:
        raise RecordError("empty value (a tombstone)")
    try:
        record: R = ADAPTERS[kind].validate_json(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RecordError(f"{place}: {first['msg']}" if place else first["msg"]) from error
    if record.schema not in (SCHEMA, SCHEMA - 1):
        raise RecordError(f"schema {record.schema}, this version reads {SCHEMA - 1} and {SCHEMA}")
    return record
