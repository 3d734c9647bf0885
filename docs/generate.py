"""Writes the parts of the documentation that the code knows best: ``.venv/bin/python docs/generate.py``.

Each part stands in a page between two comments, ``<!-- generated: NAME -->`` and ``<!-- end: NAME -->``; what is around
them is written manually and left alone. ``--check`` writes nothing and exits 1 where a part is out of date.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
DOCS = PROJECT / "docs"
Row = Sequence[str]


SCHEMAS = DOCS / "reference/webhook-schemas"


def main(arguments: Sequence[str]) -> int:
    sys.path.insert(0, str(PROJECT))
    os.environ |= {"SECRET_KEY": "for-documentation", "ORDERYARD_EMBEDDED": "1"}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
    import django

    django.setup()
    stale = outdated()
    if "--check" not in arguments:
        for page, text in stale.items():
            page.parent.mkdir(exist_ok=True)
            page.write_text(text)
    for page in stale:
        sys.stdout.write(f"{page.relative_to(PROJECT)} {'is out of date' if '--check' in arguments else 'written'}\n")
    return 1 if stale and "--check" in arguments else 0


def outdated() -> dict[Path, str]:
    """The pages whose generated parts differ from what the code says, with the text they should have.

    The schema of an older version stays as it was written.
    """
    fresh: dict[Path, str] = {}
    for name, (file, make) in PARTS.items():
        page = DOCS / file
        fresh[page] = _replaced(fresh.get(page) or page.read_text(), name, make())
    fresh |= schemas()
    return {page: text for page, text in fresh.items() if not page.exists() or text != page.read_text()}


def _replaced(text: str, name: str, part: str) -> str:
    start, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
    before, opened, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (opened and closed):
        raise SystemExit(f"no place for the generated part {name!r}")
    return f"{before}{start}\n{part.strip()}\n{end}{after}"


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def first_sentence(text: str | None) -> str:
    """Up to the first full stop that ends a sentence, on one line."""
    joined = " ".join((text or "").split())
    return re.split(r"(?<=[.!?])\s", joined, maxsplit=1)[0].replace("``", "`")


def layers() -> str:
    config = configparser.ConfigParser()
    config.read(PROJECT / ".importlinter")
    lines = [line.split("|") for line in config["importlinter:contract:apps"]["layers"].strip().split("\n")]
    rows = [[" · ".join(f"`{name.strip()}`" for name in line), _purposes(line)] for line in lines]
    return table(["Apps on this line", "What they are about"], rows)


def _purposes(line: Iterable[str]) -> str:
    return "; ".join(_purpose(name.strip()) for name in line)


def _purpose(app: str) -> str:
    from importlib import import_module

    sentence = first_sentence(import_module(f"apps.{app}").__doc__)
    return sentence.partition(": ")[2].rstrip(".")


def states() -> str:
    from django.apps import apps
    from django_fsm import FSMFieldMixin

    parts = []
    for model in apps.get_models():
        if not model.__module__.startswith("apps.") or model.__name__.startswith("Historical"):
            continue
        for field in model._meta.fields:
            # A step run is moved by the queue's own SQL; its picture is drawn manually.
            if isinstance(field, FSMFieldMixin) and model.__name__ != "StepRun":
                parts.append(_diagram(model, field))
    return "\n\n".join(parts)


def _diagram(model: Any, field: Any) -> str:
    moves = sorted({(str(t.source), str(t.target), t.name) for t in field.get_all_transitions(model)})
    place = {value: index for index, (value, _) in enumerate(field.choices)}
    moves.sort(key=lambda move: (place[move[0]], place[move[1]], move[2]))
    ends = [value for value in place if value not in {source for source, _, _ in moves}]
    lines = [f"    [*] --> {field.default}"]
    lines += [f"    {source} --> {target}: {verb.replace('_', ' ')}" for source, target, verb in moves]
    lines += [f"    {value} --> [*]" for value in ends if value in {target for _, target, _ in moves}]
    title = f"## {model._meta.verbose_name.capitalize()}: `{field.name}`"
    where = f"`{model.__module__.replace('.', '/')}.py`"
    sentence = first_sentence(model.__doc__)
    return "\n".join([title, "", f"{sentence} ({where})", "", "```mermaid", "stateDiagram-v2", *lines, "```"])


def events() -> str:
    from apps.orchestration.subscriptions import SUBSCRIPTIONS

    rows = [
        [
            f"`{event.spec.name}`",
            event.spec.says,
            event.spec.subject,
            f"`{event.spec.enters}`" if event.spec.enters else "",
            event.spec.ball,
            ", ".join(f"`{key}`" for _, key in event.spec.keys) or "—",
            ", ".join(f"`{step.name}`" for step in steps) or "—",
        ]
        for event, steps in SUBSCRIPTIONS.items()
    ]
    head = ["Event", "What a person reads", "About", "It enters", "Next to act", "Fields", "Steps that follow"]
    return table(head, rows)


def webhooks() -> str:
    from apps.webhooks.payloads import public_events, public_fields
    from apps.webhooks.schemas import file_name

    rows = [
        [
            f"`{event.spec.name}`",
            event.spec.says,
            ", ".join(f"`{public}`" for _, public, _ in public_fields(event)) or "—",
            f"[{event.spec.version}]({SCHEMAS.name}/{file_name(event)})",
        ]
        for event in public_events()
    ]
    return table(["Event", "What a person reads of it", "Data, where known", "Schema"], rows)


def schemas() -> dict[Path, str]:
    from apps.webhooks.payloads import public_events
    from apps.webhooks.schemas import file_name, schema_of

    made = {SCHEMAS / file_name(event): schema_of(event) for event in public_events()}
    return {file: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for file, schema in made.items()}


def steps() -> str:
    from apps.orchestration.registry import STEPS

    rows = [
        [
            f"`{step.name}`",
            first_sentence(step.do.__doc__),
            step.lane,
            str(step.priority),
            str(step.batch),
            str(step.attempts),
            f"{step.delay_s:g} s" if step.delay_s else "",
        ]
        for step in sorted(STEPS.values(), key=lambda step: (step.lane != "steps", step.priority, step.name))
    ]
    return table(["Step", "What it does", "Lane", "Priority", "Batch", "Attempts", "Delay"], rows)


def scopes() -> str:
    from apps.accounts.models import Role
    from apps.accounts.permissions import ALL_SCOPES, SCOPES

    rows = [
        [f"`{scope}`", *("✓" if scope in SCOPES[role] else "" for role in Role.values)] for scope in sorted(ALL_SCOPES)
    ]
    return table(["Scope", *(label for label in Role.labels)], rows)


def endpoints() -> str:
    from drf_spectacular.generators import SchemaGenerator

    from apps.api.urls import urlpatterns

    described = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    rows = []
    for pattern in urlpatterns:
        path = "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        for method, operation in described.get(path, {}).items():
            scope = pattern.callback.view_class.scopes[method.upper()]
            summary = operation.get("summary", "").rstrip(".")
            rows.append([f"`{method.upper()} {path}`", summary, f"`{scope}`", _key_of(operation)])
    return table(["Operation", "What it does", "Scope", "Idempotency-Key"], rows)


def _key_of(operation: dict[str, Any]) -> str:
    found = [one for one in operation.get("parameters", []) if one["name"] == "Idempotency-Key"]
    return "" if not found else "required" if found[0].get("required") else "taken"


def invariants() -> str:
    from apps.orchestration.invariants import INVARIANTS

    rows = [
        [code, "; ".join(one.rule for one in group)] for code, group in groupby(INVARIANTS, key=lambda one: one.code)
    ]
    return table(["", "What `doctor` asks"], rows)


def channels() -> str:
    from apps.channels.framework.adapter import Capability
    from apps.channels.framework.registry import adapters

    rows = [
        [f"`{kind}`", one.title, one.version, ", ".join(f"`{name}`" for name in Capability if one.can(name))]
        for kind, one in adapters().items()
    ]
    return table(["Kind", "", "Version", "Declares"], rows)


def commands() -> str:
    from django.core.management import get_commands, load_command_class

    parts = []
    for name, app in sorted(get_commands().items()):
        if str(app).startswith("apps."):
            command = load_command_class(str(app), name)
            parser = command.create_parser("manage.py", name)
            parts.append(f"### `{name}`\n\n{command.help}\n\n{_arguments(parser)}".strip())
    return "\n\n".join(parts)


def _arguments(parser: Any) -> str:
    base = {
        "help",
        "version",
        "verbosity",
        "settings",
        "pythonpath",
        "traceback",
        "no_color",
        "force_color",
        "skip_checks",
    }
    rows = [
        [f"`{', '.join(action.option_strings) or action.dest}`", _said(action)]
        for action in parser._actions
        if action.dest not in base
    ]
    return table(["Argument", ""], rows) if rows else ""


def _said(action: Any) -> str:
    given = action.default not in (None, "", [], False)
    choices = f"one of {', '.join(f'`{choice}`' for choice in action.choices)}" if action.choices else ""
    default = f"default: `{action.default}`" if given else ""
    return "; ".join(part for part in (action.help, choices, default) if part)


# Name of the part: the page it stands in, and what makes it.
def resolutions() -> str:
    from apps.casework.resolutions.registry import FITS, RESOLUTIONS, UNFORESEEN

    rows = [[f"`{kind}`", _codes(codes, RESOLUTIONS)] for kind, codes in FITS.items()]
    return table(
        ["Type", "Resolutions, the most fitting first"], [*rows, ["any other", _codes(UNFORESEEN, RESOLUTIONS)]]
    )


def _codes(codes: Iterable[str], known: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes if code in known)


PARTS: dict[str, tuple[str, Callable[[], str]]] = {
    "layers": ("architecture.md", layers),
    "states": ("states.md", states),
    "events": ("reference/events.md", events),
    "steps": ("reference/events.md", steps),
    "webhooks": ("reference/webhooks.md", webhooks),
    "resolutions": ("reference/resolutions.md", resolutions),
    "scopes": ("reference/scopes.md", scopes),
    "endpoints": ("reference/api.md", endpoints),
    "invariants": ("reference/invariants.md", invariants),
    "channels": ("reference/channels.md", channels),
    "commands": ("reference/commands.md", commands),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
