"""Connecting a channel without its pages: begun, its credentials and webhooks, live or given up; its secrets changed later."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1.base import View
from apps.api.v1.channel_work import SCOPE
from apps.api.v1.shapes.network import (
    ChannelGivenUp,
    ChannelHealth,
    ChannelSecret,
    ChannelStanding,
    channel_health,
    channel_standing,
)
from apps.api.v1.visibility import find_channel
from apps.channels.framework.registry import adapter_of
from apps.channels.services.checking import give_credentials
from apps.channels.services.onboarding import finish_step, give_up, go_live, set_holding
from apps.channels.services.secret_rotation import rotate_channel_secret
from apps.channels.services.shop_test_orders import place_test_order
from apps.channels.services.webhook_setup import can_register, confirm_webhooks, register_webhooks
from apps.channels.setup_steps import SetupStep
from apps.core.api.bodies import BodyModel
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.errors import InvalidInput
from apps.orchestration.channel_health import health_of

Said = Annotated[str, Field(max_length=4000)]


class CredentialsBody(BodyModel):
    """By the name of the field, as `GET /channels/{id}` lists them in `credentials`. What is left out stays as it is."""

    credentials: Annotated[dict[str, Said], Field(min_length=1, max_length=20)]


class SecretBody(BodyModel):
    """``secret`` left out: one is made, and shown this once. ``keep_days``: for so long the one before is good as well."""

    secret: Annotated[str, Field(max_length=255)] = ""
    keep_days: Literal[1, 7, 30] = 7


class HoldingBody(BodyModel):
    """``hold_new``: each new order waits until somebody releases it."""

    hold_new: bool


class StepBody(BodyModel):
    """A step that is left for later."""

    step: SetupStep


class ChannelCredentials(View):
    scopes: ClassVar[dict[str, str]] = {"PUT": SCOPE}

    @described("set_channel_credentials", body=CredentialsBody, responses={200: ChannelStanding})
    def put(self, request: Request, channel_ref: str) -> Response:
        """Give the channel credentials, which are tried at the shop first and never shown again.

        A live channel goes on with those it has until the shop has accepted the new; credentials of another shop, or that allow less
        than it needs, are refused. Access that a vendor gives on a page of its own needs a person in a browser.
        """
        body, caller = self.body(CredentialsBody, request), self.caller(request)
        found = find_channel(caller, channel_ref)
        known = {one.name for one in adapter_of(found.kind).asked}
        if unknown := sorted(body.credentials.keys() - known):
            detail = f"is none of {', '.join(sorted(known)) or 'what it takes: it is not called'}"
            raise InvalidInput(errors=[{"pointer": f"/credentials/{unknown[0]}", "detail": detail, "code": "unknown"}])
        return Response(channel_standing(give_credentials(found.pk, typed=body.credentials, actor=caller.actor)))


class ChannelWebhooks(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("register_channel_webhooks", responses={200: ChannelStanding})
    def post(self, request: Request, channel_ref: str) -> Response:
        """Have the shop send its webhooks here, switched on again where it had switched them off. A repeat changes nothing that is right.

        Where a shop's webhooks are set up by hand, it says that this was done.
        """
        caller = self.caller(request)
        found = find_channel(caller, channel_ref)
        if can_register(found):
            register_webhooks(found.pk, actor=caller.actor)
        else:
            confirm_webhooks(found.pk, actor=caller.actor)
        return Response(channel_standing(find_channel(caller, channel_ref)))


class RotateChannelSecret(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("rotate_channel_secret", body=SecretBody, responses={200: ChannelSecret})
    def post(self, request: Request, channel_ref: str) -> Response:
        """Change what the channel's webhooks are signed with; the secret before stays good for some days.

        The new one is shown this once. A repeat makes another: the response holds a secret, so it is not kept to be given again.
        """
        body, caller = self.body(SecretBody, request), self.caller(request)
        found = find_channel(caller, channel_ref)
        row, secret = rotate_channel_secret(found.pk, secret=body.secret, keep_days=body.keep_days, actor=caller.actor)
        shown = ChannelSecret(id=row.public_id, secret=secret, previous_until=row.previous_until)
        return Response(shown, headers={"Cache-Control": "no-store"})


class ChannelHolding(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("hold_channel_orders", body=HoldingBody, responses={200: ChannelStanding}, key=False)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Hold each new order of the channel from now on, or let them run. Those held already stay so until released."""
        body, caller = self.body(HoldingBody, request), self.caller(request)
        found = find_channel(caller, channel_ref)

        def work() -> Reply:
            return Reply(channel_standing(set_holding(found.pk, hold_new=body.hold_new, actor=caller.actor)))

        return self.respond(request, work)


class LeaveChannelStep(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("leave_channel_step", body=StepBody, responses={200: ChannelStanding}, key=False)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Leave a step of connecting the channel for later, where it can be left."""
        body, caller = self.body(StepBody, request), self.caller(request)
        found = find_channel(caller, channel_ref)

        def work() -> Reply:
            return Reply(channel_standing(finish_step(found.pk, step=body.step, actor=caller.actor)))

        return self.respond(request, work)


class ChannelLive(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("take_channel_live", body=HoldingBody, responses={200: ChannelStanding}, key=False)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Take orders from now on, and read what came while the channel was being connected."""
        body, caller = self.body(HoldingBody, request), self.caller(request)
        found = find_channel(caller, channel_ref)

        def work() -> Reply:
            return Reply(channel_standing(go_live(found.pk, hold_new=body.hold_new, actor=caller.actor)))

        return self.respond(request, work)


class PlaceTestOrder(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("place_test_order", responses={200: ChannelStanding})
    def post(self, request: Request, channel_ref: str) -> Response:
        """Have the shop take a test order, which comes in like any other and is cancelled at once. A repeat places another."""
        caller = self.caller(request)
        found = find_channel(caller, channel_ref)
        return Response(channel_standing(place_test_order(found.pk, actor=caller.actor)))


class GiveUpChannel(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("give_up_channel", responses={200: ChannelGivenUp}, key=False)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Stop connecting the channel: it is removed, or kept switched off and without credentials where something hangs on it."""
        caller = self.caller(request)
        found = find_channel(caller, channel_ref)
        return self.respond(request, lambda: Reply(ChannelGivenUp(removed=give_up(found.pk, actor=caller.actor))))


class HealthOfChannel(View):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE}

    @described("get_channel_health", responses={200: ChannelHealth})
    def get(self, request: Request, channel_ref: str) -> Response:
        """What came last, what waits, how the shop answers and what runs out, as the channel's page shows it."""
        found = find_channel(self.caller(request), channel_ref)
        return Response(channel_health(found, health_of(found)))
