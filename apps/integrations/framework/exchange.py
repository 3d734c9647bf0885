"""HTTP with one partner, in the words of the protocol, and what its responses are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apps.core.errors import AddressRefused
from apps.core.strict_json import load_bounded
from apps.integrations.framework.base import Failed, Message, RateLimited, Trouble, Unsure
from apps.outbound.client import Reply, exchange
from apps.outbound.errors import IncompleteResponse, NotSent

_REFERENCE = re.compile(r"[\x21-\x7e]{1,128}")
_CODE_WORD = re.compile(r"[a-z0-9_]{1,64}")


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: Message | None = None,
    params: Mapping[str, str] | None = None,
) -> Reply | Failed | Unsure:
    """One request. Certainly not received is Failed; possibly received without a response is Unsure."""
    try:
        return exchange(method, url, headers=headers, json=body, params=params)
    except (NotSent, AddressRefused) as error:
        return Failed(None, f"not reached: {str(error)[:80]}")
    except IncompleteResponse as error:
        return Unsure(None, str(error), timed_out=error.timed_out)


def trouble(reply: Reply) -> Trouble | None:
    """What is no answer to the question; None where the partner considered it and said no."""
    if reply.status == 429:
        return RateLimited(reply.status)
    if reply.status in (408, 425) or not 400 <= reply.status < 500:
        return Failed(reply.status, f"answered {reply.status}")
    return None


def object_of(reply: Reply) -> dict[str, Any]:
    """The body as an object; an empty one where it is anything else."""
    try:
        value = load_bounded(reply.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def reference_of(value: object) -> str:
    """The partner's own name for something; empty where it is none."""
    return value if isinstance(value, str) and _REFERENCE.fullmatch(value) else ""


def code_word(value: object) -> str:
    """A reason as a code word. Free text is not kept: it may repeat whom the parcel was for."""
    return value if isinstance(value, str) and _CODE_WORD.fullmatch(value) else ""
