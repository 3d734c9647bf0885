"""What can be done about a case: every option with its computed effect, the best first. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase, ResolutionRule
from apps.casework.redaction import Redaction, redaction_for
from apps.casework.resolutions import limits
from apps.casework.resolutions.base import Effect, Option, ParamSpec, Resolution
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.limits import Verdict
from apps.casework.resolutions.params import read_params
from apps.casework.resolutions.registry import find, fitting
from apps.casework.resolutions.track_record import Record, track_record
from apps.casework.states import STANDING
from apps.core.errors import DomainError
from apps.core.text import Text

# What a place further down the list, a proposal, a form to fill in and a day of lateness cost in the ranking.
_PLACE, _PROPOSAL, _FORM, _DAY, _MOST_DAYS = 10.0, 8.0, 3.0, 2.0, 5
_RECORD, _CUSTOM, _DOUBT = 30.0, 15.0, 60.0

WAITS = Text("A proposal about this case waits already; it is decided or withdrawn first.")


@dataclass(frozen=True, slots=True)
class _Looked:
    """One resolution, tried out on paper."""

    option: Option
    score: float


def options_for(case: ExceptionCase, caller: Caller, facts: Facts | None = None) -> list[Option]:
    """What can be done about the case, best first; at most one option is recommended. A case that ended has none.

    ``facts``: what has been read of it already.
    """
    if case.state not in STANDING:
        return []
    facts, rules, records = facts or Facts(case), limits.rules_of(caller.role), track_record(case.type)
    looked = [
        _look(resolution, place, facts, caller, rules.get(resolution.code), records.get(resolution.code, Record()))
        for place, resolution in enumerate(fitting(case.type))
    ]
    looked.sort(key=lambda one: -one.score)
    options = [one.option for one in looked]
    if options and options[0].allowed and not facts.is_proposed:
        options[0] = replace(options[0], recommended=True)
    return options


def preview(case: ExceptionCase, code: str, params: Mapping[str, Any], caller: Caller) -> Effect:
    """What would come of it with these parameters. Raises NoSuchResolution, NotResolvable, WrongParameters."""
    resolution, facts = find(code, case.type), Facts(case)
    refuse_unfit(resolution, facts)
    read = read_params(resolution.params(facts), params)
    assert read is not None
    return resolution.effect(facts, read)


def refuse_unfit(resolution: Resolution, facts: Facts) -> None:
    """Raises NotResolvable where it can't be done about this case."""
    why = resolution.why_not(facts)
    if why:
        raise NotResolvable(why=why)


def _look(
    resolution: Resolution, place: int, facts: Facts, caller: Caller, rule: ResolutionRule | None, record: Record
) -> _Looked:
    why_not = resolution.why_not(facts)
    if why_not:
        return _Looked(_option(resolution, Verdict(why_not)), -1000.0 - place)
    specs, effect = list(resolution.params(facts)), None
    try:
        read = read_params(specs, {}, complete=False)
        effect = resolution.effect(facts, read) if read is not None else None
    except DomainError as refusal:
        return _Looked(_option(resolution, Verdict(refusal.sentence)), -900.0 - place)
    verdict = limits.judge(resolution, facts, read or {}, effect, caller, rule)
    because = _because(resolution, facts, effect, record)
    if verdict.crossed and facts.is_proposed:
        verdict = Verdict(WAITS)
    own = [_own_choices(spec, redaction_for(caller.nodes)) for spec in specs]
    option = replace(_option(resolution, verdict), params=own, effect=effect, because=because)
    doubt = _DOUBT if effect is not None and resolution.doubtful(facts, effect) else 0.0
    return _Looked(option, _score(option, place, record) - doubt)


def _own_choices(spec: ParamSpec, redaction: Redaction) -> ParamSpec:
    """What somebody limited to places may choose: another's place is not theirs to give work to, nor theirs to see."""
    kept = tuple(one for one in spec.choices if not redaction.is_foreign(one.value))
    default = None if redaction.is_foreign(spec.default) else spec.default
    return spec if len(kept) == len(spec.choices) else replace(spec, choices=kept, default=default)


def _option(resolution: Resolution, verdict: Verdict) -> Option:
    return Option(
        code=resolution.code,
        label=resolution.label,
        params=[],
        effect=None,
        allowed=verdict.allowed,
        why_not=verdict.why_not,
        needs_approval=bool(verdict.crossed),
        recommended=False,
        because="",
    )


def _score(option: Option, place: int, record: Record) -> float:
    """The plain rules' place, moved by what went well before and by what it costs the customer and us."""
    score = 100.0 - _PLACE * place
    if not option.allowed:
        score -= 500.0
    if record.rate is not None:
        score += _RECORD * (record.rate - 0.8) + _CUSTOM * record.chosen / record.of
    if option.needs_approval:
        score -= _PROPOSAL
    if option.effect is None:
        return score - _FORM
    return score - _DAY * min(max(option.effect.days or 0, 0), _MOST_DAYS)


def _because(resolution: Resolution, facts: Facts, effect: Effect | None, record: Record) -> str:
    """One sentence: the plain rule, and what happened before where that says something."""
    reason = Text.opening(resolution.because(facts, effect))
    if record.rate is None:
        return Text("{why}.", why=reason)
    return Text(
        "{why}; it settled {count} of the last {chosen} it was chosen for.",
        why=reason,
        count=record.went_well,
        chosen=record.chosen,
    )
