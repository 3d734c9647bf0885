"""What can be picked in a mapping's form: targets, transforms, checks, and what becomes of a value that is missing or unreadable."""

from __future__ import annotations

from typing import Any

from apps.channels.mapping.schema import HOLD
from apps.channels.mapping.targets import line_targets, order_targets
from apps.channels.mapping.transforms.registry import CHECKS, TRANSFORMS, catalogue
from apps.console.setup.contract_texts import ANSWERS, answer_words
from apps.console.setup.mapping_form import MappingForm
from apps.orders.states import HoldReason


def choices_for(form: MappingForm) -> dict[str, Any]:
    """``answers``: by what a rule may answer, in words, with those that only this document knows."""
    codes = [*ANSWERS, *(f"{HOLD}{code}" for code in HoldReason.values)]
    answers = [(code, answer_words(code)) for code in codes]
    known = {code for code, _label in answers}
    others = sorted({one for row in form.rows for one in (row.when_missing, row.when_invalid)} - known)
    return {
        "answers": [*answers, *((one, one) for one in others)],
        "targets": {"order": order_targets(), "line": line_targets()},
        "transforms": catalogue(TRANSFORMS),
        "all_checks": catalogue(CHECKS),
    }
