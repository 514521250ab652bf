"""Where templates come from: the folders that the settings name, each read once and compiled by our parser."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.template import TemplateDoesNotExist
from django.template.base import Lexer, Origin, Template
from django.template.loaders import base, cached

from .parser import QuickParser


class QuickTemplate(Template):
    """A template that our parser compiled."""

    def compile_nodelist(self) -> Any:
        """The nodes; the framework's own while somebody develops, for those know at which line something went wrong."""
        engine = self.engine
        if engine.debug:
            return super().compile_nodelist()
        tokens = Lexer(self.source).tokenize()
        parser = QuickParser(tokens, engine.template_libraries, engine.template_builtins, self.origin)
        nodes = parser.parse()
        self.extra_data = parser.extra_data
        return nodes


class _Compiling(base.Loader):
    """The framework's loader, but for the class of its templates."""

    def get_template(self, template_name: str, skip: Iterable[Origin] | None = None) -> Template:
        tried = []
        for origin in self.get_template_sources(template_name):
            if skip is not None and origin in skip:
                tried.append((origin, "Skipped to avoid recursion"))
                continue
            try:
                contents = self.get_contents(origin)  # type: ignore[attr-defined]
            except TemplateDoesNotExist:
                tried.append((origin, "Source does not exist"))
                continue
            return QuickTemplate(contents, origin, template_name, self.engine)
        raise TemplateDoesNotExist(template_name, tried=tried)


class Loader(cached.Loader, _Compiling):
    """The framework's loader that keeps templates, of ours."""
