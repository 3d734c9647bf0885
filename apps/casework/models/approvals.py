"""Four-eyes: proposals, who may decide them, and the limits of what people may do alone."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, FSMModelMixin, transition

from apps.accounts.models import Role
from apps.casework.models.cases import CaseAction, ExceptionCase
from apps.casework.states import ApprovalState
from apps.core import clock
from apps.core.fields import CurrencyField, MinorField, PublicIdField
from apps.core.history import History
from apps.core.ids import ID_LENGTH, new_id
from apps.orders.models import Order

P = ApprovalState


def new_approval_id() -> str:
    return new_id("apr")


class ResolutionRule(models.Model):
    """What a role may do about cases without approval, and within what limits. No row: it may not.

    Beyond ``most_minor`` or ``most_margin_loss_minor`` the resolution becomes a proposal for somebody else to approve. Both are
    hundredths of whatever unit the order is in (``money.of_hundredths``): 10000 is 100 pounds, 100 yen and 100 dinar.
    """

    resolution = models.CharField(max_length=32)
    role = models.CharField(max_length=16, choices=Role.choices)
    most_minor = models.BigIntegerField(
        null=True, blank=True, help_text="cost in hundredths of the unit; empty: no limit"
    )
    most_margin_loss_minor = models.BigIntegerField(
        null=True, blank=True, help_text="hundredths of the unit; empty: no limit"
    )
    categories = ArrayField(models.CharField(max_length=64), default=list, blank=True, help_text="of goods; empty: all")
    own_nodes_only = models.BooleanField(default=False, help_text="only where the person's own store is concerned")
    automatic = models.BooleanField(default=False, help_text="applied without a person, within these limits")
    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resolution", "role"], name="resolution_rule_once")]
        ordering = ["resolution", "role"]

    def __str__(self) -> str:
        return f"{self.resolution} {self.role}"


class LimitWindow(models.Model):
    """How long what an order, case or stock level has had already counts against the limits. One row; none: a day."""

    hours = models.PositiveIntegerField(default=24)
    history = History()

    def __str__(self) -> str:
        return f"{self.hours} h"


class LimitUse(models.Model):
    """What somebody did alone, within a limit: the sum of these in the window is held against the limit as well.

    ``subject``: public id of the order, else what the case is about; ``counts_as``: verbs of one kind count together.
    """

    id = models.BigAutoField(primary_key=True)
    subject = models.CharField(max_length=64)
    counts_as = models.CharField(max_length=32)
    amount_minor = MinorField()
    margin_loss_minor = MinorField()
    currency = CurrencyField(blank=True)
    actor = models.CharField(max_length=96)
    action = models.ForeignKey(CaseAction, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    used_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["subject", "used_at"], name="limit_use_subject")]

    def __str__(self) -> str:
        return f"{self.counts_as} {self.amount_minor}"


class ApprovalPolicy(models.Model):
    """Who decides proposals of a kind, from an amount upwards. The one with the highest fitting amount counts.

    ``from_minor`` is in hundredths of whatever unit the order is in, as limits are.
    """

    kind = models.CharField(max_length=32, verbose_name="proposal", help_text="What is proposed.")
    from_minor = MinorField(
        verbose_name="from an amount of",
        help_text=(
            "Counts for proposals of this amount and more, in the order's currency; 0.00: for all. Of "
            "several, the highest amount that fits counts."
        ),
    )
    roles = ArrayField(
        models.CharField(max_length=16, choices=Role.choices),
        verbose_name="decided by",
        help_text="Anybody with one of these roles may decide.",
    )
    approvers = models.PositiveSmallIntegerField(
        default=1, verbose_name="people who must agree", help_text="1 or 2. Two are always two different people."
    )
    automatic = models.BooleanField(
        default=False, verbose_name="approved at once", help_text="Nobody is asked; it is only written down."
    )
    expires_hours = models.PositiveIntegerField(
        default=48, verbose_name="waits at most (hours)", help_text="Nobody decided until then: the proposal is off."
    )
    own_nodes_only = models.BooleanField(
        default=False,
        verbose_name="own store only",
        help_text="Only somebody whose own store or warehouse it concerns decides.",
    )
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "from_minor"], name="approval_policy_once"),
            models.CheckConstraint(condition=Q(approvers__gte=1, approvers__lte=2), name="approvers_one_or_two"),
            models.CheckConstraint(
                condition=Q(automatic=True) | Q(roles__len__gt=0), name="approval_policy_has_deciders"
            ),
        ]
        ordering = ["kind", "from_minor"]
        verbose_name_plural = "approval policies"

    def __str__(self) -> str:
        return f"{self.kind} from {self.from_minor}"


class ApprovalRequest(FSMModelMixin, models.Model):
    """A proposal bound to a hash of its content. The maker can't approve it; a change of what it is about voids it."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_approval_id)
    kind = models.CharField(max_length=32)
    state = FSMField(max_length=12, choices=P.choices, default=P.PENDING, protected=True)
    case = models.ForeignKey(ExceptionCase, null=True, blank=True, on_delete=models.CASCADE, related_name="approvals")
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="approvals")
    target_ref = models.CharField(max_length=ID_LENGTH, help_text="the row it would change")
    target_version = models.PositiveIntegerField(default=0, help_text="that row's version when it was proposed")
    payload = models.JSONField(default=dict, help_text="what would be done")
    payload_hash = models.CharField(max_length=64)
    before = models.JSONField(default=dict, blank=True, help_text="as it is, for the side-by-side")
    after = models.JSONField(default=dict, blank=True, help_text="as it would be")
    effect = models.JSONField(default=dict, blank=True, help_text="money and days")
    reason = models.CharField(max_length=500)
    limits = ArrayField(
        models.CharField(max_length=160), default=list, blank=True, help_text="limits crossed, in words"
    )
    amount_minor = MinorField()
    currency = CurrencyField(blank=True)
    node = models.CharField(max_length=64, blank=True, help_text="code of the node concerned")
    made_by = models.CharField(max_length=96)
    made_at = models.DateTimeField(default=clock.now)
    roles = ArrayField(models.CharField(max_length=16), default=list, help_text="any of these may decide")
    needed = models.PositiveSmallIntegerField(default=1, help_text="different people who must agree")
    own_nodes_only = models.BooleanField(default=False, help_text="only somebody of that node decides")
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=255, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = History()

    class Meta:
        indexes = [
            models.Index(fields=["state", "-id"], name="approval_state"),
            models.Index(fields=["expires_at"], name="approval_expiry", condition=Q(state=P.PENDING)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="approval_request_public_id"),
            models.UniqueConstraint(
                fields=["kind", "target_ref"], condition=Q(state=P.PENDING), name="approval_one_pending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @transition(field=state, source=P.PENDING, target=P.APPROVED)
    def approve(self, outcome: str) -> None:
        self._end(outcome)

    @transition(field=state, source=P.PENDING, target=P.REJECTED)
    def reject(self, outcome: str) -> None:
        self._end(outcome)

    @transition(field=state, source=P.PENDING, target=P.EXPIRED)
    def expire(self) -> None:
        self._end("Nobody decided in time.")

    @transition(field=state, source=P.PENDING, target=P.WITHDRAWN)
    def withdraw(self, outcome: str) -> None:
        self._end(outcome)

    @transition(field=state, source=P.PENDING, target=P.VOIDED)
    def void(self, outcome: str) -> None:
        self._end(outcome)

    def _end(self, outcome: str) -> None:
        self.outcome, self.ended_at = outcome[:255], clock.now()


class ApprovalVote(models.Model):
    """One person's yes or no. The database lets nobody vote twice."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approve = models.BooleanField()
    reason = models.CharField(max_length=500, blank=True)
    voted_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "user"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {'yes' if self.approve else 'no'}"
