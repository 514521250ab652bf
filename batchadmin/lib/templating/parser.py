"""Our nodes and expressions in place of the framework's, and lists of nodes that are drawn with fewer calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.template.base import Node, NodeList, Parser, TextNode, Token
from django.template.defaulttags import CommentNode, LoadNode
from django.utils.safestring import SafeString

from .expressions import QuickExpression
from .nodes import QUICK


class QuickNodes(NodeList):
    """Nodes that are drawn one after the other: texts as they are, the others by a method that was looked up before."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        super().__init__(nodes)
        self.parts: list[str | Callable[[Any], str]] = [
            node.s if isinstance(node, TextNode) else node.render for node in self
        ]

    def render(self, context: Any) -> SafeString:
        """All of them as HTML."""
        return SafeString("".join([part if part.__class__ is str else part(context) for part in self.parts]))  # type: ignore[operator]


class QuickParser(Parser):
    """The framework's parser; what comes out of it is drawn quicker."""

    def compile_filter(self, token: str) -> QuickExpression:
        """A value with its filters."""
        return QuickExpression(token, self)

    def parse(self, parse_until: Iterable[str] | None = None) -> NodeList:
        """The nodes up to one of these tags, or all."""
        found = super().parse(parse_until)
        nodes = QuickNodes(_joined(found))
        nodes.contains_nontext = found.contains_nontext
        return nodes

    def extend_nodelist(self, nodelist: NodeList, node: Node, token: Token) -> None:
        """Add a node, as ours where we have one."""
        quicker = QUICK.get(type(node))
        super().extend_nodelist(nodelist, quicker(node) if quicker else node, token)


def _joined(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes without those that draw nothing; texts that then stand side by side are one."""
    text: TextNode | None = None
    for node in nodes:
        if isinstance(node, (LoadNode, CommentNode)):
            continue
        if not isinstance(node, TextNode):
            text = None
        elif text is not None:
            text.s += node.s
            continue
        else:
            text = node
        yield node
