"""Writes dashboards/*.json: `make dashboards`. They are committed, so that Grafana needs no Python; a test compares."""

import json
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from ops.grafana import dead_letters, kafka, news, overview, stages

FOLDER: Final = Path(__file__).parent / "dashboards"
BOARDS: Final = {
    "overview": overview.BOARD,
    "stages": stages.BOARD,
    "news": news.BOARD,
    "kafka": kafka.BOARD,
    "dead-letters": dead_letters.BOARD,
}


def files() -> dict[Path, str]:
    """What each file is to contain."""
    return {
        FOLDER / f"{name}.json": json.dumps(board, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"
        for name, board in BOARDS.items()
    }


if __name__ == "__main__":
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")
        print(file)
