"""Markdown: front matter as metadata, blocks by markdown-it, Liquid tags and comments dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tools.blocks import Block, Draft, DraftPage, code, heading, item, one_line, paragraph, table
from tools.decode import read_text_file
from tools.read_html import html_blocks, superscript

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markdown_it.tree import SyntaxTreeNode

_FRONT_MATTER = re.compile(r"\A---\s*\n.*?^---\s*$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^ *(```+|~~~+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
_HIGHLIGHT = re.compile(r"{%-? *highlight *(\w*).*?%}(.*?){%-? *endhighlight *-?%}", re.DOTALL)
_LOOP = re.compile(r"{%-? *for (?:(?!{%-? *for ).)*?endfor *-?%}", re.DOTALL)
_EDGE_TAG = re.compile(r"^[ \t]*{%.{0,500}?%}|{%[^%]{0,500}%}[ \t]*$", re.MULTILINE | re.DOTALL)
_TAG = re.compile(r"{%.*?%}|{{.*?}}|{:[^}\n]*}", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HTML_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL | re.IGNORECASE)
_BARE_ROW = re.compile(r"\|.*\|.*\|")
_KEY_VALUE = re.compile(r"[^:|]{2,40}: +\S.*")
_KNOWN_TAG = re.compile(
    r"</?(a|abbr|b|big|br|cite|code|del|dfn|em|font|hr|i|img|ins|kbd|label|mark|p|q|s|samp|small|"
    r"span|strike|strong|sub|sup|tt|u|var|wbr|div|center|details|summary|iframe|video)\b",
    re.IGNORECASE,
)


def read_markdown(path: Path) -> Draft:
    """Return the file as an unpaged draft, titled by its front matter."""
    metadata, body = _front_matter(read_text_file(path))
    blocks = markdown_blocks(body)
    title = metadata.get("title")
    return Draft([DraftPage(1, blocks)], paged=False, title=title, metadata=metadata)


def markdown_blocks(text: str) -> list[Block]:
    """Return the blocks of a Markdown text."""
    from markdown_it.tree import SyntaxTreeNode

    tokens = _parser().parse(_plain(text))
    return list(_blocks(SyntaxTreeNode(tokens).children))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    import frontmatter
    import yaml

    try:
        found, body = frontmatter.parse(text)
    except (yaml.YAMLError, ValueError):
        return {}, _FRONT_MATTER.sub("", text, count=1)
    shown = (
        (str(key), _shown(value)) for key, value in cast("dict[object, object]", found).items()
    )
    return {key: value for key, value in shown if value}, body


def _shown(value: object) -> str:
    """Return a plain value, or a list of them, as text; anything deeper as nothing."""
    if isinstance(value, list):
        values = cast("list[object]", value)
        return ", ".join(_shown(each) for each in values if not isinstance(each, list))
    return one_line(str(value)) if isinstance(value, (str, int, float, date)) else ""


def _plain(text: str) -> str:
    """Return the text without template tags and comments; fenced listings stay as they are."""
    text = _HIGHLIGHT.sub(r"\n```\1\n\2\n```\n", text)
    parts: list[str] = []
    end = 0
    for fence in _FENCE.finditer(text):
        parts += (_without_tags(text[end : fence.start()]), fence[0])
        end = fence.end()
    return "".join([*parts, _without_tags(text[end:])])


def _without_tags(text: str) -> str:
    text = _COMMENT.sub("", text)
    while (shorter := _LOOP.sub("", text)) != text:
        text = shorter
    text = _TAG.sub("", _EDGE_TAG.sub("\n\n", text))
    return _HTML_TABLE.sub(lambda found: "\n" + re.sub(r"\n\s*\n", "\n", found[0]) + "\n\n", text)


def _blocks(nodes: Sequence[SyntaxTreeNode], depth: int = 0) -> Iterator[Block]:
    for node in nodes:
        match node.type:
            case "heading":
                yield from heading(_inline(node), int(node.tag[1]))
            case "paragraph":
                yield from _paragraphs(_inline(node))
            case "fence" | "code_block":
                yield from code(node.content, node.info.split(" ")[0])
            case "bullet_list" | "ordered_list":
                yield from _list(node, depth)
            case "table":
                yield from table(list(_rows(node)))
            case "html_block":
                yield from html_blocks(node.content)
            case _:
                yield from _blocks(node.children, depth)


def _paragraphs(text: str) -> Iterator[Block]:
    """Yield the paragraph, or what it stands for: a formula, a bare table, `name: value` lines."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if text.startswith("$$") and text.endswith("$$"):
        yield from code(text.strip("$"), "math")
    elif len(lines) > 1 and all(_BARE_ROW.fullmatch(line) for line in lines):
        yield from table([line.strip("|").split("|") for line in lines], headed=False)
    elif len(lines) > 1 and all(_KEY_VALUE.fullmatch(line) for line in lines):
        for line in lines:
            yield from paragraph(line)
    else:
        yield from paragraph(text)


def _list(node: SyntaxTreeNode, depth: int) -> Iterator[Block]:
    number = int(str(node.attrs.get("start", 1))) if node.type == "ordered_list" else None
    for entry in node.children:
        inner = list(_blocks(entry.children, depth + 1))
        if inner and inner[0].kind == "paragraph":
            yield from item(inner.pop(0).text, depth=depth, number=number)
        yield from inner
        number = None if number is None else number + 1


def _rows(node: SyntaxTreeNode) -> Iterator[list[str]]:
    for part in node.children:
        for row in part.children:
            yield [_inline(cell) for cell in row.children]


def _inline(node: SyntaxTreeNode) -> str:
    """Return the text of a node's inline markup; a soft break stays a line end."""
    tokens: list[Token] = [
        token
        for inline in node.children
        if inline.token is not None
        for token in inline.token.children or []
    ]
    parts: list[str] = []
    raised: int | None = None
    for token in tokens:
        if token.type == "html_inline" and token.content.lower() == "<sup>":
            raised = len(parts)
        elif token.type == "html_inline" and token.content.lower() == "</sup>":
            if raised is not None:
                parts[raised:] = [superscript("".join(parts[raised:]).strip())]
            raised = None
        else:
            parts.append(_piece(token))
    return "".join(parts)


def _piece(token: Token) -> str:
    match token.type:
        case "text" | "code_inline" | "text_special":
            return token.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "html_inline":
            if token.content.lower().startswith("<br"):
                return "\n"
            return "" if _KNOWN_TAG.match(token.content) else token.content
        case _:
            return ""
