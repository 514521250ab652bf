"""What goes wrong with the embedded servers, said for people."""

from pathlib import Path

LINES_SHOWN = 6


class ServicesError(Exception):
    """An embedded server can't be used; the text says why and what to do."""


def last_lines(log: Path, since: int = 0) -> str:
    """The last lines that the log has gained since it was `since` bytes long, indented."""
    try:
        with log.open("rb") as file:
            file.seek(since)
            lines = file.read().decode(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    shown = [f"    {line}" for line in lines[-LINES_SHOWN:]] or ["    (nothing)"]
    return f"The last lines of {log}:\n" + "\n".join(shown)
