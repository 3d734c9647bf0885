"""What can be done about an exception case: settle it, let it wait, merge it, or choose one of its resolutions."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.approvals import approval_of
from apps.api.v1.base import View
from apps.api.v1.exceptions import case_reply
from apps.api.v1.shapes.casework import (
    ActionOut,
    CaseOut,
    ChosenOut,
    EffectOut,
    OptionsOut,
    chosen_action,
    effect,
    option,
)
from apps.casework.models import CaseAction
from apps.casework.resolutions import choose_resolution, options_for, preview, undo_action
from apps.casework.resolutions.direct.cases import merge_by_rule, resolve_by_word, wait_by_rule
from apps.casework.resolutions.errors import ActionNotFound
from apps.casework.selectors import lock_all_of, lock_case, refuse_stale
from apps.casework.services import (
    acknowledge_case,
    link_cases,
    resume_cases,
)
from apps.casework.states import STANDING, CaseState
from apps.core.api.bodies import BodyModel
from apps.core.api.conditions import expected_version
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.errors import IllegalTransition
from apps.orders.canonical import Moment, Text32, Text64, Text255

Reason = Annotated[str, Field(max_length=500)]


class ResolveBody(BodyModel):
    """``dismiss``: it was no problem. ``reason_code``: one of its kind's reasons."""

    resolution: Annotated[Text255, Field(min_length=1)]
    reason_code: Text32 = ""
    dismiss: bool = False


class WaitBody(BodyModel):
    """``until`` is needed where it waits for a moment; where it waits for somebody, it comes back by then at the latest."""

    on: Literal["customer", "partner", "stock", "time"]
    until: Moment | None = None
    note: Annotated[str, Field(max_length=5_000)] = ""


class MergeBody(BodyModel):
    """Ids of the cases that are closed into this one."""

    others: Annotated[list[Text64], Field(min_length=1, max_length=100)]


class LinkBody(BodyModel):
    other: Text64


class ParamsBody(BodyModel):
    """``params`` by name, as the option describes them."""

    params: dict[str, Any] = Field(default_factory=dict, max_length=50)


class ChooseBody(ParamsBody):
    """``undo_s``: seconds in which it can be taken back before it is done; 0: done at once. ``reason``: for who approves."""

    undo_s: Annotated[int, Field(ge=0, le=60)] = 0
    reason: Reason = ""


class ResolveCase(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:write"}

    @described("resolve_exception", body=ResolveBody, responses={200: CaseOut}, key=False, match=False)
    def post(self, request: Request, case_ref: str) -> Response:
        """Say how a case ended.

        It sets right nothing by itself: choose a resolution to have something done.
        """
        expected = expected_version(request, required=False)
        body, caller = self.body(ResolveBody, request), self.caller(request)
        found = visibility.find_case(caller, case_ref)

        def work() -> Reply:
            resolve_by_word(
                found.public_id,
                resolution=body.resolution,
                reason_code=body.reason_code,
                dismiss=body.dismiss,
                expected_version=expected,
                caller=caller,
            )
            return case_reply(found.pk)

        return self.respond(request, work)


class WaitCase(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:write"}

    @described("wait_exception", body=WaitBody, responses={200: CaseOut}, key=False, match=False)
    def post(self, request: Request, case_ref: str) -> Response:
        """Put a case aside until somebody answers, stock arrives, or a moment comes."""
        expected = expected_version(request, required=False)
        body, caller = self.body(WaitBody, request), self.caller(request)
        found = visibility.find_case(caller, case_ref)

        def work() -> Reply:
            wait_by_rule(
                found.pk,
                on=body.on,
                until=body.until,
                note=body.note,
                expected_version=expected,
                caller=caller,
            )
            return case_reply(found.pk)

        return self.respond(request, work)


class ResumeCase(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:write"}

    @described("resume_exception", responses={200: CaseOut}, key=False, match=False)
    def post(self, request: Request, case_ref: str) -> Response:
        """What a case waited for is here."""
        expected = expected_version(request, required=False)
        caller = self.caller(request)
        found = visibility.find_case(caller, case_ref)

        def work() -> Reply:
            row = lock_case(found.pk, expected_version=expected)
            if row.state != CaseState.WAITING:
                moves = row.get_available_state_transitions()  # type: ignore[attr-defined]
                may = sorted({move.name for move in moves})
                raise IllegalTransition(what="The case", state=row.state, verb="be resumed", allowed_transitions=may)
            resume_cases([found.pk], actor=caller.actor)
            return case_reply(found.pk)

        return self.respond(request, work)


class AcknowledgeCase(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:write"}

    @described("acknowledge_exception", responses={200: CaseOut}, key=False)
    def post(self, request: Request, case_ref: str) -> Response:
        """Say that somebody has seen it; the alert repeats if it isn't resolved in time."""
        caller = self.caller(request)
        found = visibility.find_case(caller, case_ref)

        def work() -> Reply:
            acknowledge_case(found.pk, actor=caller.actor)
            return case_reply(found.pk)

        return self.respond(request, work)


class MergeCases(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:write"}

    @described("merge_exceptions", body=MergeBody, responses={200: CaseOut}, key=False, match=False)
    def post(self, request: Request, case_ref: str) -> Response:
        """Close other cases into this one, which counts their problems from now on."""
        expected = expected_version(request, required=False)
        body, caller = self.body(MergeBody, request), self.caller(request)
        found = visibility.find_case(caller, case_ref)
        others = {visibility.find_case(caller, ref).pk for ref in body.others}

        def work() -> Reply:
            refuse_stale(lock_all_of({found.pk, *others})[found.pk], expected)
            merge_by_rule(found.pk, others=others, caller=caller)
            return case_reply(found.pk)

        return self.respond(request, work)


class LinkCases(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:write"}

    @described("link_exceptions", body=LinkBody, responses={200: CaseOut}, key=False)
    def post(self, request: Request, case_ref: str) -> Response:
        """Say that two cases belong together; twice is once."""
        body, caller = self.body(LinkBody, request), self.caller(request)
        found, other = visibility.find_case(caller, case_ref), visibility.find_case(caller, body.other)

        def work() -> Reply:
            link_cases(found.pk, other_id=other.pk, actor=caller.actor)
            return case_reply(found.pk)

        return self.respond(request, work)


class Resolutions(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read"}

    @described("list_resolutions", responses={200: OptionsOut})
    def get(self, request: Request, case_ref: str) -> Response:
        """What can be done about a case, best first, each with its computed effect.

        Nothing is changed by looking. A case that has ended has no options.
        """
        caller = self.caller(request)
        row = visibility.find_case(caller, case_ref)
        items = [option(one) for one in options_for(row, caller)] if row.state in STANDING else []
        return self.tagged(OptionsOut(case=row.public_id, version=row.version, items=items), row.version)


class PreviewResolution(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:read"}

    @described("preview_resolution", body=ParamsBody, responses={200: EffectOut})
    def post(self, request: Request, case_ref: str, code: str) -> Response:
        """The effect a resolution would have with these parameters. A dry run: nothing is changed."""
        body, caller = self.body(ParamsBody, request), self.caller(request)
        row = visibility.find_case(caller, case_ref)
        return Response(effect(preview(row, code, body.params, caller)))


class ChooseResolution(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:write"}

    @described("choose_resolution", body=ChooseBody, responses={200: ChosenOut, 202: ChosenOut}, key=False, match=True)
    def post(self, request: Request, case_ref: str, code: str) -> Response:
        """Have a resolution done.

        200: it is done. 202: it is done when `undo_s` are over unless it is taken back, or it was beyond the caller's
        limits and waits for somebody's approval.
        """
        expected = expected_version(request, required=True)
        body, caller = self.body(ChooseBody, request), self.caller(request)
        found = visibility.find_case(caller, case_ref)

        def work() -> Reply:
            made = choose_resolution(
                found.pk,
                code=code,
                params=body.params,
                expected_version=expected,
                undo_s=body.undo_s,
                caller=caller,
                reason=body.reason,
            )
            if isinstance(made, CaseAction):
                chosen = ChosenOut(action=chosen_action(made), approval=None)
                return Reply(chosen, 202 if body.undo_s else 200)
            return Reply(ChosenOut(action=None, approval=approval_of(made.pk, caller, request)), 202)

        return self.respond(request, work)


class OneAction(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read"}

    @described("get_chosen_resolution", responses={200: ActionOut})
    def get(self, request: Request, action_ref: str) -> Response:
        """A resolution that was chosen, and what became of it."""
        return Response(chosen_action(_find_action(self.caller(request), action_ref)))


class UndoAction(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:write"}

    @described("undo_resolution", responses={200: ActionOut}, key=False)
    def post(self, request: Request, action_ref: str) -> Response:
        """Take a chosen resolution back before it is done; twice is once."""
        caller = self.caller(request)
        found = _find_action(caller, action_ref)

        def work() -> Reply:
            return Reply(chosen_action(undo_action(found.public_id, actor=caller.actor)))

        return self.respond(request, work)


def _find_action(caller: Caller, ref: str) -> CaseAction:
    """Raises ActionNotFound, for another's case too."""
    found = CaseAction.objects.select_related("case").filter(public_id=ref).first()
    if found is None or not visibility.cases(caller).filter(pk=found.case_id).exists():
        if found is not None:
            visibility.note_foreign(caller, "CaseAction", ref)
        raise ActionNotFound(action=ref)
    return found
