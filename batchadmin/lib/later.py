"""Modules that few processes need, read at the first use of something in them.

A worker that sends mail needs no workbooks, no HTTP client and none of Amazon's; together they take as much memory as Django.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """Stands in for a module, and reads it when something in it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


def later(name: str) -> Any:
    """The module of this name, from the first use on. Any failure to read it is raised there."""
    return Later(name)
