"""What the desk knows of a document, put together: pure functions, so the same parts give the same bytes."""

from dataclasses import replace

from pipeline.records import Enriched, Judged


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


def erased(judged: Judged) -> Judged:
    """The record of a withdrawn article: that it was there, and nothing of what it said.

    The headline goes too, which may be what it was withdrawn for.
    """
    article = replace(
        judged.tagged.article, headline=None, standfirst=None, body="", byline=None, dateline=None, words=0, removed=()
    )
    tagged = replace(
        judged.tagged,
        article=article,
        entities=(),
        entities_missing="withdrawn",
        sketch=replace(judged.tagged.sketch, digits=(), names=()),
        mark=None,
        vector=None,
    )
    return replace(judged, tagged=tagged, status="withdrawn")
