"""What the desk knows of a document, put together: pure functions, so the same parts give the same bytes."""

from pipeline.records import Enriched, Fingerprint, Judged, Tagged


def judge(tagged: Tagged, fingerprint: Fingerprint) -> Judged:
    """The article with what was decided when its id came first."""
    return Judged(
        tagged=tagged,
        item_id=fingerprint.item_id,
        version=fingerprint.version,
        status=fingerprint.status,
        revises=fingerprint.revises,
        received=fingerprint.received,
        received_from=fingerprint.received_from,
        duplicate=fingerprint.duplicate,
        story=fingerprint.story,
    )


def enrich(judged: Judged) -> Enriched:
    """The public record."""
    article = judged.tagged.article
    return Enriched(
        id=article.id,
        item_id=judged.item_id,
        version=judged.version,
        status=judged.status,
        revises=judged.revises,
        superseded_by=judged.superseded_by,
        source=article.source,
        source_id=article.source_id,
        uri=article.uri,
        media_type=article.media_type,
        headline=article.headline,
        standfirst=article.standfirst,
        body=article.body,
        language=judged.tagged.language,
        byline=article.byline,
        dateline=article.dateline,
        agency=article.agency,
        copyright=article.copyright,
        words=article.words,
        published=article.published,
        published_from=article.published_from,
        published_precision=article.published_precision,
        received=judged.received,
        received_from=judged.received_from,
        entities=judged.tagged.entities,
        entities_missing=judged.tagged.entities_missing,
        duplicate=judged.duplicate,
        story=judged.story,
        removed=article.removed,
        models={
            "cleaner": article.cleaner,
            "tagger": judged.tagged.tagger,
            "sketch": judged.tagged.sketch.version,
        },
        timings=article.timings,
    )
