"""Calling other systems."""

from apps.outbound.services.calling import Call, FinishedCall, Verdict, call_out, make_call
from apps.outbound.services.pruning import forget_calls

__all__ = ["Call", "FinishedCall", "Verdict", "call_out", "forget_calls", "make_call"]
