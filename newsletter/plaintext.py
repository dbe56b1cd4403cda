"""Writes a letter as plain text that reads like one: wrapped, links numbered and listed below."""

from collections.abc import Iterable, Mapping
from textwrap import fill, indent

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from newsletter.markup import Directive, tree

RULE = "* * *"
_WIDTH = 72


def write(tokens: list[Token], draw: Directive) -> str:
    """The letter; `draw` writes a directive."""
    links: list[str] = []
    body = "\n\n".join(_blocks(tree(tokens).children, links, draw))
    if not links:
        return body
    listed = "\n".join(f"[{number}] {link}" for number, link in enumerate(links, start=1))
    return f"{body}\n\n{listed}"


def heading(title: str) -> str:
    """A heading, underlined."""
    return f"{title}\n{'-' * min(len(title), _WIDTH)}"


def _blocks(nodes: Iterable[SyntaxTreeNode], links: list[str], draw: Directive) -> list[str]:
    blocks = (_block(node, links, draw) for node in nodes)
    return [block for block in blocks if block]


def _block(node: SyntaxTreeNode, links: list[str], draw: Directive) -> str:
    match node.type:
        case "bullet_list" | "ordered_list":
            return _list(node, links, draw)
        case "blockquote":
            return indent("\n\n".join(_blocks(node.children, links, draw)), "> ", lambda _: True)
        case "directive":
            attributes: Mapping[str, str] = node.meta
            return draw(node.info, attributes)
        case _:
            return _leaf(node, links)


def _leaf(node: SyntaxTreeNode, links: list[str]) -> str:
    match node.type:
        case "heading":
            return heading(_inline(node, links))
        case "hr":
            return RULE
        case "fence" | "code_block":
            return indent(node.content.rstrip(), "    ")
        case _:
            return _wrap(_inline(node, links))


def _list(node: SyntaxTreeNode, links: list[str], draw: Directive) -> str:
    first = int(node.attrs.get("start", 1))
    items = []
    for number, item in enumerate(node.children, start=first):
        mark = "- " if node.type == "bullet_list" else f"{number}. "
        inside = indent("\n\n".join(_blocks(item.children, links, draw)), " " * len(mark))
        items.append(mark + inside[len(mark) :])
    return "\n".join(items)


def _inline(node: SyntaxTreeNode, links: list[str]) -> str:
    return "".join(_run(child, links) for child in node.children)


def _run(node: SyntaxTreeNode, links: list[str]) -> str:
    match node.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "image":
            return f"[{node.content}]"
        case "strong" | "em":
            return f"*{_inline(node, links)}*"
        case "link":
            return _link(_inline(node, links), str(node.attrs["href"]), links)
        case _:
            return _inline(node, links) if node.children else node.content


def _link(words: str, target: str, links: list[str]) -> str:
    if words == target:
        return target
    if target not in links:
        links.append(target)
    return f"{words} [{links.index(target) + 1}]"


def _wrap(text: str) -> str:
    return "\n".join(
        fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )
