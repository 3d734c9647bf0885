"""Tables of words that are plain English where they stand, and are translated where they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apps.casework.builtin_kinds import BUILT_IN, QUEUES
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.console.chips import WORDS
from apps.console.sentences import SENTENCES
from apps.sla.stages import STAGES

# (where they stand, what they are)
TABLES: tuple[tuple[str, Callable[[], Iterable[str]]], ...] = (
    ("apps/console/sentences.py", lambda: (said.text for said in SENTENCES.values())),
    ("apps/console/chips.py", lambda: (label for words in WORDS.values() for label in words.values())),
    ("apps/casework/resolutions", lambda: (resolution.label for resolution in RESOLUTIONS.values())),
    ("apps/casework/builtin_kinds.py", lambda: (line for kind in BUILT_IN for line in kind.playbook)),
    ("apps/casework/builtin_kinds.py", lambda: (text for _, name, what in QUEUES for text in (name, what))),
    ("apps/sla/stages.py", lambda: (stage.label for stage in STAGES.values())),
)
