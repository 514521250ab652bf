"""The shape of all templates: what the browser's policy forbids, what the icons need, what the next author needs."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
# Inside a word the hooks of htmx ("hx-on:click") are script too.
FORBIDDEN = re.compile(
    r"""\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|\shx-on|javascript:|\shx-vals=["']js:"""
)
ICON = re.compile(r"""{%\s*icon\s+["']([a-z0-9-]+)["']""")
ICON_DEFAULT = re.compile(r"""icon\|default:["']([a-z0-9-]+)["']""")
VENDOR = re.compile(r"vendor/[a-z-]+-[0-9]+\.[0-9]+\.[0-9]+/[a-z.]+")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.fixture(scope="module")
def sprite() -> set[str]:
    """The icons there are."""
    return set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text()))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_parses(path: Path) -> None:
    get_template(name(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_template_has_script_or_style_of_its_own(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_icon_is_in_the_sprite(path: Path, sprite: set[str]) -> None:
    text = path.read_text()
    assert set(ICON.findall(text)) | set(ICON_DEFAULT.findall(text)) <= sprite


def test_every_icon_of_python_code_is_in_the_sprite(sprite: set[str]) -> None:
    listed = set(
        (next((ROOT / "static" / "vendor").glob("tabler-icons-*")) / "names.txt").read_text().split()
    )
    assert listed == sprite


@pytest.mark.parametrize("path", COMPONENTS, ids=name)
def test_a_component_says_what_it_is_for(path: Path) -> None:
    if path.name != "brand.html":
        assert "{#" in path.read_text()


def test_what_the_frame_loads_is_there_with_its_version_and_licence() -> None:
    for file in VENDOR.findall((ROOT / "templates" / "base.html").read_text()):
        assert (ROOT / "static" / file).is_file()
        assert (ROOT / "static" / file).with_name("LICENSE").is_file()


def test_nothing_comes_from_another_site() -> None:
    for path in TEMPLATES:
        assert not re.search(r"""(src|href)=["'](https?:)?//""", path.read_text()), path
