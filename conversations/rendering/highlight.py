"""Code blocks: language label, place for buttons, and colours by class."""

from __future__ import annotations

import html
import re
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from pygments.lexers._mapping import LEXERS
from pygments.token import Token

from .naming import file_name

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

MAX_HIGHLIGHTED = 50_000

_LANGUAGE = re.compile(r"[\w+#.-]{1,32}")
_PLAIN = frozenset({"", "text", "txt", "plain", "plaintext", "none"})
_OPEN = ' data-open=""'
_LABELS = {"mermaid": "Mermaid", "svg": "SVG", **dict.fromkeys(_PLAIN, "Text")}
_ALSO = {"golang": "go", "jsonc": "json", "shellsession": "console", "terminal": "console", "node": "js", "rs": "rust"}

CLASSES: dict[_TokenType, str] = {
    Token.Comment: "c",
    Token.Comment.Preproc: "cp",
    Token.Keyword: "k",
    Token.Keyword.Constant: "kc",
    Token.Keyword.Type: "kt",
    Token.Literal.Number: "m",
    Token.Literal.String: "s",
    Token.Literal.String.Doc: "c",
    Token.Literal.String.Escape: "se",
    Token.Literal.String.Interpol: "se",
    Token.Literal.String.Regex: "se",
    Token.Literal.String.Symbol: "kc",
    Token.Name.Attribute: "na",
    Token.Name.Builtin: "nb",
    Token.Name.Class: "nc",
    Token.Name.Constant: "kc",
    Token.Name.Decorator: "nd",
    Token.Name.Exception: "nc",
    Token.Name.Function: "nf",
    Token.Name.Tag: "nt",
    Token.Name.Variable: "nv",
    Token.Operator.Word: "k",
    Token.Generic.Deleted: "gd",
    Token.Generic.Heading: "gh",
    Token.Generic.Inserted: "gi",
    Token.Generic.Output: "go",
    Token.Generic.Prompt: "gp",
    Token.Generic.Subheading: "gh",
    Token.Generic.Emph: "ge",
    Token.Generic.Strong: "gs",
}
"""Kind of token -> class. Kinds below one of these share its class; all others keep the colour of the text."""


class Language(NamedTuple):
    label: str
    module: str
    lexer: str
    files: tuple[str, ...]


def render_code(source: str, info: str, *, is_open: bool = False) -> str:
    """Return a ``figure`` with the highlighted code; ``info`` is what stands after the fence.

    It says under which name the code is saved, and whether its fence ``is_open``, so that more of it may come.
    """
    name = _language_name(info)
    language = None if name in _PLAIN else _languages().get(_ALSO.get(name, name))
    label = language.label if language else _LABELS.get(name, name)
    body = html.escape(source, quote=False)
    if language and len(source) <= MAX_HIGHLIGHTED:
        body = _highlight(_lexer(language), source)
    file = file_name(info, source.partition("\n")[0], name, language.files if language else ())
    return (
        f'<figure class="code" data-language="{html.escape(name)}" data-file="{html.escape(file)}"'
        f"{_OPEN if is_open else ''}><figcaption><span>{html.escape(label)}</span>"
        f'</figcaption><pre tabindex="0"><code class="highlight">{body}</code></pre></figure>'
    )


def _language_name(info: str) -> str:
    found = _LANGUAGE.search(info)
    return found[0].strip(".").removeprefix("language-").lower() if found else ""


@cache
def _languages() -> dict[str, Language]:
    """Every alias, from the table of names alone: a lexer's module is imported when it is needed."""
    return {
        alias: Language(label, module, lexer, files)
        for lexer, (module, label, aliases, files, _) in LEXERS.items()
        for alias in aliases
    }


@lru_cache(maxsize=32)
def _lexer(language: Language) -> Lexer:
    kind: type[Lexer] = getattr(import_module(language.module), language.lexer)
    return kind(stripnl=False, ensurenl=True, startinline=True)


def _highlight(lexer: Lexer, source: str) -> str:
    """Put the tokens in spans; neighbours of one class, with the space between them, share one."""
    parts: list[str] = []
    pending, pending_class = "", ""
    for kind, value in lexer.get_tokens(source + "\n"):
        name = pending_class if value.isspace() else _class_of(kind)
        if name != pending_class:
            parts.append(_span(pending, pending_class))
            pending, pending_class = "", name
        pending += value
    parts.append(_span(pending.removesuffix("\n"), pending_class))
    return "".join(parts)


@cache
def _class_of(kind: _TokenType) -> str:
    while kind is not Token:
        if kind in CLASSES:
            return CLASSES[kind]
        kind = kind.parent or Token
    return ""


def _span(text: str, name: str) -> str:
    escaped = html.escape(text, quote=False)
    return f'<span class="{name}">{escaped}</span>' if name and text else escaped
