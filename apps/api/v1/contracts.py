"""How messages of channels are read: looked at, tried, proposed, rolled back. What is proposed is decided under ``approvals``."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1.approvals import approval_of, person
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.casework import ApprovalOut
from apps.api.v1.shapes.contracts import (
    ContractOut,
    ContractPage,
    ContractSummary,
    TrialsOut,
    contract_summary,
    contract_version,
    trials,
)
from apps.casework.resolutions.direct.mappings import propose_mapping, propose_rollback, refuse_unless_everywhere
from apps.channels.errors import ContractInvalid, ContractNotFound
from apps.channels.models import ContractVersion
from apps.channels.services.contract_trials import try_contract
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import Filters, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described

SCOPE = "channels:write"
MOST_TRIED, MOST_VERSIONS = 200, 1_000_000
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class DocumentBody(BodyModel):
    document: dict[str, Any]


class ProposalBody(BodyModel):
    """``reason``: read by whoever decides; it stays with the version. ``seen``: the number of the version that was active when the
    document was made; refused where another is by now."""

    document: dict[str, Any]
    reason: Reason
    seen: Annotated[int, Field(ge=1, le=MOST_VERSIONS)] | None = None


class RollbackBody(BodyModel):
    """``number``: of the version that is to be the active one again."""

    number: Annotated[int, Field(ge=1, le=MOST_VERSIONS)]
    reason: Reason


class ContractFilters(Filters):
    contract = Text(field_name="contract", help_text="its name, such as `<kind of channel>.order`")


class Contracts(Listing[ContractVersion]):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE}
    filters = ContractFilters
    sorts: ClassVar[dict[str, str]] = {"-made_at": "pk"}
    page = ContractPage

    def rows(self, caller: Caller) -> QuerySet[ContractVersion]:
        return ContractVersion.objects.defer("document")

    def render(self, rows: list[ContractVersion], caller: Caller) -> list[ContractSummary]:
        return [contract_summary(row) for row in rows]


class OneContract(View):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE}

    @described("get_contract_version", responses={200: ContractOut})
    def get(self, request: Request, contract: str, number: int) -> Response:
        """One version with its mapping."""
        return Response(contract_version(_find(contract, number)))


class TryMapping(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("try_mapping", body=DocumentBody, responses={200: TrialsOut})
    def post(self, request: Request, contract: str) -> Response:
        """Read the last 200 messages by another mapping as well, and say which would be read otherwise. Changes nothing."""
        caller = self.caller(request)
        refuse_unless_everywhere(caller)
        document = _of(contract, self.body(DocumentBody, request).document)
        return Response(trials(*try_contract(document, last=MOST_TRIED)))


class ProposeMapping(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("propose_mapping", body=ProposalBody, responses={201: ApprovalOut}, key=True)
    def post(self, request: Request, contract: str) -> Response:
        """Propose the contract's next version; it is published once somebody else has agreed."""
        body, caller = self.body(ProposalBody, request), self.caller(request)
        refuse_unless_everywhere(caller)
        document = _of(contract, body.document)

        def work() -> Reply:
            row = propose_mapping(
                document, reason=body.reason, seen=body.seen, user=person(request), actor=caller.actor
            )
            return Reply(approval_of(row.pk, caller, request), 201)

        return self.respond(request, work, key_required=True)


class RollBackMapping(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("roll_back_mapping", body=RollbackBody, responses={201: ApprovalOut}, key=True)
    def post(self, request: Request, contract: str) -> Response:
        """Propose that an earlier version be the active one again, as the next version; somebody else has to agree."""
        body, caller = self.body(RollbackBody, request), self.caller(request)
        refuse_unless_everywhere(caller)
        found = _find(contract, body.number)

        def work() -> Reply:
            row = propose_rollback(found, reason=body.reason, user=person(request), actor=caller.actor)
            return Reply(approval_of(row.pk, caller, request), 201)

        return self.respond(request, work, key_required=True)


def _of(contract: str, document: dict[str, Any]) -> dict[str, Any]:
    """Raises ContractInvalid where the document is another contract's."""
    if document.get("contract") != contract:
        problem = f"must be {contract}"
        raise ContractInvalid(problems=[{"where": "contract", "problem": problem}], first=f"contract: {problem}")
    return document


def _find(contract: str, number: int) -> ContractVersion:
    """Raises ContractNotFound."""
    found = (
        ContractVersion.objects.filter(contract=contract, number=number).first() if number <= MOST_VERSIONS else None
    )
    if found is None:
        raise ContractNotFound(contract=f"{contract} v{number}")
    return found
