"""Every text a person can read in the console, as a message of gettext: from pages, from code, and from the tables of words.

Pages and code mark theirs (``{% trans %}``, ``_()``). Labels of states, sentences of events and refusals belong to apps that
know nothing of languages: they are plain English there, are looked up here, and translated where they are drawn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from django.apps import apps
from django.conf import settings
from django.db import models
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.translation import trim_whitespace
from jinja2 import nodes

from apps.console.translating.model_words import words_of_screens
from apps.console.translating.registries import TABLES
from apps.core.errors import DomainError

KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "gettext_lazy": None,
    "gettext_noop": None,
    "pgettext": ((1, "c"), 2),
}
# Calls whose first constants are templates of sentences; ``cls`` inside ``Text`` itself. Where another class has the name, it is ``Sentence``.
_TEXTS = frozenset({"Text", "Text.counted", "Sentence", "cls"})
# A message, or one with its plural.
Message = str | tuple[str, str]


def messages() -> dict[Message, set[str]]:
    """Message → where it is used, as ``apps/console/today/attention.py``."""
    found: dict[Message, set[str]] = {}
    for where, message in [*_from_pages(), *_from_django_templates(), *_from_code(), *_from_tables()]:
        if any(map(str.strip, message if isinstance(message, tuple) else (message,))):
            found.setdefault(message, set()).add(where)
    return found


def _from_pages() -> Iterator[tuple[str, Message]]:
    options = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}
    for path in sorted((settings.BASE_DIR / "templates" / "pages").rglob("*.html")):
        yield from _extracted("jinja2.ext:babel_extract", path, options)
        yield from _plurals_of_page(path)


def _from_django_templates() -> Iterator[tuple[str, Message]]:
    """Mails to staff and what we change of the configuration screens, in Django's own template language."""
    for path in sorted((settings.BASE_DIR / "templates" / "django").rglob("*.*")):
        nodes_of = engines["django"].from_string(path.read_text()).template.nodelist.get_nodes_by_type  # type: ignore[attr-defined]
        fixed = [node.filter_expression.var for node in nodes_of(TranslateNode)]
        yield from ((_name(path), str(one.literal)) for one in fixed if isinstance(getattr(one, "literal", one), str))
        yield from ((_name(path), _blocktranslated(node)) for node in nodes_of(BlockTranslateNode))


def _blocktranslated(node: BlockTranslateNode) -> str:
    message, _names = node.render_token_list(node.singular)
    return trim_whitespace(message) if node.trimmed else message


def _from_code() -> Iterator[tuple[str, Message]]:
    for path in _python_files():
        text = path.read_text()
        if "django.utils.translation" in text:
            yield from _extracted("python", path, {})
        if "plural(" in text and "console" in path.parts:
            yield from _plurals(ast.parse(text), path)
        if "import Text" in text or "import Moment, Text" in text or path.name == "text.py":
            yield from _texts(ast.parse(text), path)


def _python_files() -> Iterator[Path]:
    for folder in ("apps", "orchestrator"):
        yield from sorted((settings.BASE_DIR / folder).rglob("*.py"))


def _extracted(method: str, path: Path, options: dict[str, str]) -> Iterator[tuple[str, Message]]:
    with path.open("rb") as source:
        for _line, message, _comments, _context in extract(method, source, KEYWORDS, (), options):
            yield _name(path), message if isinstance(message, str) else (message[0], message[1])


def _plurals_of_page(path: Path) -> Iterator[tuple[str, Message]]:
    environment = engines["jinja2"].env  # type: ignore[attr-defined]
    for call in environment.parse(path.read_text()).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "plural":
            words = [word.value for word in call.args[1:] if isinstance(word, nodes.Const)]
            if words:
                yield _name(path), _one_and_many(words)


def _plurals(tree: ast.AST, path: Path) -> Iterator[tuple[str, Message]]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) == "plural":
            words = [word.value for word in call.args[1:] if isinstance(word, ast.Constant)]
            if words:
                yield _name(path), _one_and_many(words)


def _texts(tree: ast.AST, path: Path) -> Iterator[tuple[str, Message]]:
    """Sentences that the code of any app computes: the templates of ``Text(…)`` and ``Text.counted(…)``."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in _TEXTS:
            words = [word.value for word in call.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
            if words:
                yield _name(path), (words[0], words[1]) if len(words) > 1 else words[0]


def _one_and_many(words: list[Any]) -> tuple[str, str]:
    return str(words[0]), str(words[1]) if len(words) > 1 else f"{words[0]}s"


def _from_tables() -> Iterator[tuple[str, Message]]:
    for model in apps.get_models():
        if model.__module__.startswith("apps."):
            yield from _labels(model)
    yield from words_of_screens()
    _import_refusals()
    for error in _below(DomainError):
        if error.__module__.startswith("apps."):
            yield error.__module__, error.message
    for where, words in TABLES:
        yield from ((where, word) for word in words())


def _import_refusals() -> None:
    """What a command has no need of is not there yet: views and entry points with refusals of their own."""
    for path in sorted((settings.BASE_DIR / "apps").rglob("*.py")):
        if "    message = " in path.read_text():
            import_module(_name(path.with_suffix("")).replace("/", ".").removesuffix(".__init__"))


def _labels(model: type[models.Model]) -> Iterator[tuple[str, Message]]:
    for field in model._meta.get_fields():
        for _value, label in getattr(field, "choices", None) or ():
            if isinstance(label, str):
                yield model.__module__, label


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _below(one)


def _name(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))
