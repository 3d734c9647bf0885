"""The steps by which a channel is connected from the page, and which of them a kind of channel has."""

from __future__ import annotations

from enum import StrEnum

from apps.channels.framework.adapter import Capability, ChannelAdapter
from apps.channels.models import Channel


class SetupStep(StrEnum):
    CREDENTIALS = "credentials"
    WEBHOOKS = "webhooks"
    CATALOG = "catalog"
    PLACES = "places"
    ORDERS = "orders"
    TEST = "test"


def steps_of(adapter: ChannelAdapter) -> list[SetupStep]:
    """In their sequence; what its shop can't do is left out."""
    wanted = {
        SetupStep.CREDENTIALS: adapter.shop is not None,
        SetupStep.WEBHOOKS: adapter.can(Capability.WEBHOOKS),
        SetupStep.CATALOG: adapter.can(Capability.CATALOG),
        SetupStep.PLACES: adapter.can(Capability.LOCATIONS),
    }
    return [step for step in SetupStep if wanted.get(step, True)]


def needed_steps(adapter: ChannelAdapter) -> tuple[SetupStep, ...]:
    """Without these no channel of the kind goes live; the others can be left for later. Webhooks that somebody would have to set up
    at the vendor are, or that not everybody gets, where orders are found by asking as well."""
    uncertain = adapter.webhooks_can_wait or not adapter.can(Capability.REGISTER_WEBHOOKS)
    return (
        (SetupStep.CREDENTIALS,)
        if uncertain and adapter.can(Capability.POLLING)
        else (SetupStep.CREDENTIALS, SetupStep.WEBHOOKS)
    )


def done_steps(channel: Channel) -> set[str]:
    return set(channel.setup.get("done", {}))


def next_step(channel: Channel, steps: list[SetupStep]) -> SetupStep:
    """The first that is not done; the last where all are."""
    return next((step for step in steps if step not in done_steps(channel)), steps[-1])


def missing_steps(channel: Channel, adapter: ChannelAdapter) -> list[SetupStep]:
    """Those without which it can't go live."""
    needed, done = needed_steps(adapter), done_steps(channel)
    return [step for step in steps_of(adapter) if step in needed and step not in done]
