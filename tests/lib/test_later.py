"""Modules that are read at their first use."""

import sys

import pytest

from batchadmin.lib.later import later


def test_a_module_is_read_when_something_in_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    colours = later("colorsys")
    assert "colorsys" not in sys.modules
    assert colours.rgb_to_hsv(1, 1, 1) == (0, 0, 1)
    assert "colorsys" in sys.modules


def test_what_is_missing_is_said_where_it_is_used() -> None:
    nowhere = later("batchadmin.nowhere")
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        nowhere.anything  # noqa: B018
