"""Tagged documents for the tests of this room."""

from datetime import UTC, datetime, timedelta

from pipeline.duplicates import marks
from pipeline.duplicates.sketch import sketch
from pipeline.identity import document_id
from pipeline.judging.decide import decide
from pipeline.judging.entry import Entry
from pipeline.judging.state import Change, State
from pipeline.records import Article, Judged, Status, Tagged
from pipeline.stories.vector import vector

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORM = (
    "A storm closed the harbour of Ostrava Bay on Monday and tore the roofs from 40 houses, the coast guard said. "
    "Two of the four cranes at the northern quay fell into the basin. Ferries to the islands will not sail before "
    "Thursday. The mayor, Anna Kolar, asked people to stay indoors and said that schools would remain closed for the "
    "rest of the week. Insurers put the damage at 25 million crowns. It was the third storm of the season. "
)
STRIKE = (
    "Drivers of the city's trams walked out on Tuesday after talks over pay broke down for the second time this month. "
    "The union of transport workers wants 8 percent more and an end to split shifts, the company offers 3 percent. "
    "Commuters queued for buses in the rain. Both sides will meet a mediator on Friday, the labour ministry said. "
)
MINE = (
    "The copper mine in the northern hills will reopen after eleven years, its new owners told investors. They plan to "
    "hire 600 people and to spend 140 million on pumps and a rail link. Environmental groups said that they would go to "
    "court over the water licence. The price of the metal has doubled since the mine was shut. "
)


def document(
    body: str,
    *,
    guid: str | None = None,
    headline: str | None = None,
    hours: float = 0,
    published: float | None = None,
    source: str = "wire",
    source_version: int | None = None,
    status: Status = "usable",
    withdraws: str | None = None,
) -> Tagged:
    """A document received so many hours after START, as the extract stage hands it on."""
    marked = marks.take(headline, body)
    article = Article(
        id=document_id(source, guid, f"{headline}{body}{source_version}{status}{withdraws}".encode()),
        source=source,
        source_id=guid,
        media_type="text/plain",
        received=START + timedelta(hours=hours),
        received_from="cloudevents",
        headline=headline,
        body=marked.body,
        published=None if published is None else START + timedelta(hours=published),
        source_version=source_version,
        status=status,
        withdraws=withdraws,
        words=len(body.split()),
        cleaner="test",
    )
    about = vector(marked.headline, marked.body, (), "en")
    return Tagged(
        article=article,
        language="en",
        sketch=sketch(marked.headline, marked.body),
        mark=marked.mark,
        vector=about.text() if about else None,
    )


class Desk:
    """An owner's decisions without Kafka: `log` is what it would have written."""

    def __init__(self, *, days: float = 7, documents: int = 1000, tombstone_hours: float = 24) -> None:
        self.state = State(days=days, documents=documents, tombstone_hours=tombstone_hours)
        self.log: list[Entry] = []
        self.tagged: dict[str, Tagged] = {}

    def take(self, tagged: Tagged) -> Change | None:
        entry = decide(self.state, tagged, len(self.log))
        if entry is None:
            return None
        self.log.append(entry)
        self.tagged[tagged.article.id] = tagged
        return self.state.apply(entry)

    def judged(self, tagged: Tagged) -> Judged:
        """Its record as things stand."""
        number = self.state.find(tagged.article.id)
        assert number is not None
        judged = self.state.judged(tagged, self.state.known(number))
        assert judged is not None
        return judged
