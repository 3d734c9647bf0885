"""The endpoint by which partners call back: verify, read, act, acknowledge."""

from __future__ import annotations

from typing import Any

import structlog
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import clock
from apps.core.api.parsers import BodyTooLarge
from apps.core.client_address import remote_of
from apps.core.errors import DomainError
from apps.core.refused_webhooks import note_refused
from apps.core.signatures import SecretUnusable, SignatureRefused
from apps.core.transactions import in_transaction
from apps.fulfillment.errors import FulfillmentOrderNotFound
from apps.integrations import selectors
from apps.integrations.errors import CallbackNotUnderstood, PartnerUnusable
from apps.integrations.framework.base import Callback
from apps.integrations.models import Partner
from apps.integrations.services import handle_callback

log = structlog.get_logger(__name__)
MOST_BYTES = 1024 * 1024


class CallbackNotSigned(DomainError):
    """Says nothing about why: that is for our log, not for whoever is trying."""

    code = "signature_refused"
    status = 401
    message = "The message is not signed as agreed, or is more than five minutes old."


class PartnerHook(APIView):
    """One signed message from a partner. A repeat is acknowledged and changes nothing."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever the caller claims to accept, it gets its response."""
        return super().perform_content_negotiation(request, force=True)

    def post(self, request: Request, partner_code: str) -> Response:
        body = _body(request)
        partner = selectors.partner_by_code(partner_code)
        _verify(partner, request, body)
        callback = _read(partner, body)
        try:
            row = in_transaction(lambda: handle_callback(partner, callback))
        except FulfillmentOrderNotFound:
            log.warning("partner_named_a_stranger", partner=partner.code, fulfillment_order=callback.fulfillment_order)
            raise
        return Response({"fulfillment_order": row.public_id, "state": row.state, "request_state": row.request_state})


def _body(request: Request) -> bytes:
    raw: bytes = request._request.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise BodyTooLarge(limit=MOST_BYTES)
    return raw


def _verify(partner: Partner, request: Request, body: bytes) -> None:
    """Before anything of the body is looked at. Raises CallbackNotSigned."""
    try:
        signature = selectors.adapter_of(partner).signature
        if signature is None:
            raise SignatureRefused("calls_nobody_back")
        signature.verify(partner.secret, request.headers, body, clock.now())
    except (SignatureRefused, SecretUnusable, PartnerUnusable) as error:
        reason = error.reason if isinstance(error, SignatureRefused) else error.code
        log.warning("partner_hook_refused", partner=partner.code, reason=reason)
        note_refused(f"partner:{partner.code}", reason, topic="", remote=remote_of(request._request))
        raise CallbackNotSigned() from None


def _read(partner: Partner, body: bytes) -> Callback:
    read = selectors.adapter_of(partner).read_callback
    if read is None:
        raise CallbackNotUnderstood()
    return read(body)
