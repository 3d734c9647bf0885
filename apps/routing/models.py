"""Published policies and the stored, replayable decisions made under them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django_fsm import FSMField, FSMModelMixin, transition

from apps.core import clock
from apps.core.fields import CurrencyField, KeptJSONField, MinorField, PublicIdField
from apps.core.history import History
from apps.core.ids import new_id
from apps.orders.models import Order
from apps.routing.planner.problem import PolicyContent


class PolicyState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class Outcome(models.TextChoices):
    ROUTED = "routed", "Routed"
    PARTIAL = "partial", "Partly routed"
    BACKORDERED = "backordered", "Backordered"
    UNROUTABLE = "unroutable", "No location can"


def new_policy_id() -> str:
    return new_id("pol")


def new_decision_id() -> str:
    return new_id("dec")


class RoutingPolicyVersion(FSMModelMixin, models.Model):
    """An immutable published set of criteria. ``channel`` empty: the default for all."""

    public_id = PublicIdField(default=new_policy_id)
    channel = models.CharField(max_length=64, blank=True)
    number = models.PositiveIntegerField()
    content = models.JSONField(help_text="see apps/routing/planner/problem.py, PolicyContent")
    state = FSMField(max_length=8, choices=PolicyState.choices, default=PolicyState.DRAFT, protected=True)
    note = models.CharField(max_length=255, blank=True, help_text="why it was published")
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(default=clock.now)
    activated_at = models.DateTimeField(null=True, blank=True)
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="routing_policy_version_public_id"),
            models.UniqueConstraint(fields=["channel", "number"], name="policy_number_once"),
            models.UniqueConstraint(
                fields=["channel"], condition=Q(state=PolicyState.ACTIVE), name="policy_one_active_per_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel or 'default'} v{self.number}"

    @cached_property
    def rules(self) -> PolicyContent:
        """The content as the planner reads it, read once for all orders of a batch. Raises InvalidRecord."""
        return PolicyContent.from_json(self.content)

    @transition(field=state, source=PolicyState.DRAFT, target=PolicyState.ACTIVE)
    def activate(self) -> None:
        self.activated_at = clock.now()

    @transition(field=state, source=PolicyState.ACTIVE, target=PolicyState.RETIRED)
    def retire(self) -> None:
        pass


class NetworkSnapshot(models.Model):
    """What is fixed of the candidates, without their stock and capacity: the same for many decisions, so it is kept once, by its hash."""

    hash = models.CharField(primary_key=True, max_length=64)
    sites = models.JSONField(help_text="Site.to_json() by node code")
    taken_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.hash[:12]


class RoutingDecision(models.Model):
    """Why these nodes: the inputs as they were, the policy version, every candidate's verdicts, the choice, one sentence."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_decision_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="decisions")
    policy = models.ForeignKey(RoutingPolicyVersion, on_delete=models.PROTECT, db_index=False)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reroute = models.BooleanField(default=False)
    network = models.ForeignKey(NetworkSnapshot, on_delete=models.PROTECT, db_index=False)
    question = KeptJSONField(help_text="the demand, and each candidate's stock and capacity by node code; see inputs")
    plan = KeptJSONField()
    sentence = models.TextField()
    cost_minor = MinorField()
    currency = CurrencyField()
    actor = models.CharField(max_length=96)
    decided_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["public_id"], name="routing_decision_public_id")]
        # By which a network is forgotten that no decision refers to; one key stands for many rows in it, so it stays small.
        indexes = [models.Index(fields=["network"], name="decision_network")]

    def __str__(self) -> str:
        return self.sentence

    @property
    def instructed(self) -> dict[str, Any]:
        """The rules a person put in place of the policy's, for this order."""
        return dict(self.question.get("instructed", {}))

    @property
    def inputs(self) -> dict[str, Any]:
        """All that the decision depended on, as the planner's replay reads it."""
        sites, capacity = self.network.sites, self.question.get("capacity", {})
        return {
            "demand": self.question["demand"],
            "sites": [
                {**sites[code], "stock": stock, "capacity_left": capacity.get(code)}
                for code, stock in self.question["stock"].items()
            ],
            "policy": {**self.policy.content, **self.instructed},
        }


class RoutingInstruction(models.Model):
    """What a person decided for one order; it holds until all of the order has found its place, then ``used_at`` is set."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="routing_instruction")
    content = models.JSONField(help_text="see apps/routing/terms.py, Instruction")
    given_by = models.CharField(max_length=96)
    given_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(null=True, blank=True)
    history = History()

    def __str__(self) -> str:
        return f"instruction for {self.order_id}"
