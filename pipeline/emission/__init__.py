"""The public record, made from what the desk knows. A pure function: the same judged record gives the same bytes."""

from pipeline.records import Enriched, Judged


def enrich(judged: Judged) -> Enriched:
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
