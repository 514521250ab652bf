"""Renews the tables of `docs/performance.md` from `benchmarks/results/`.

python -m benchmarks.page

The words around the tables are written by hand; a table stands between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "benchmarks" / "results"
PLACE = re.compile(r"<!-- (?P<name>[a-z_]+) -->\n.*?<!-- end -->", re.DOTALL)
MET = {True: "reached", False: "**missed**", None: "not measured"}


def main() -> None:
    PAGE.write_text(PLACE.sub(lambda place: filled(place["name"]), PAGE.read_text()))


def filled(name: str) -> str:
    """The place of this name with what stands in its results."""
    path = RESULTS / f"{name}.json"
    content = table(json.loads(path.read_text())) if path.exists() else "Not measured yet."
    return f"<!-- {name} -->\n{content}\n<!-- end -->"


def table(result: dict[str, Any]) -> str:
    """A result as a table, what it should reach, and where it was measured."""
    lines = [f"*{result['question']}*", "", "| | figure | |", "|---|--:|---|"]
    lines += [f"| {row['name']} | {figure(row)} | {row['note']} |" for row in result["rows"]]
    lines += ["", *(f"- {MET[bar['met']]}: {bar['name']}" for bar in result["bars"])]
    if result.get("ended"):
        lines += [f"- This program did not come to its end: {result['ended']}."]
    lines += ["", "; ".join(f"{what}: {value}" for what, value in result["machine"].items())]
    return "\n".join(lines)


def figure(row: dict[str, Any]) -> str:
    if row["figure"] is None:
        return "–"
    digits = 0 if abs(row["figure"]) >= 100 else 2
    return f"{row['figure']:,.{digits}f}{row['unit']}"


if __name__ == "__main__":
    main()
