"""What operations set up for exceptions: queues, kinds, the rules between them, escalation, who approves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.accounts.adminbase import NamesInWords, ScopedAdmin, ScopedHistoryAdmin, ScopedTabular, TickedField, badge
from apps.accounts.models import Role, User
from apps.accounts.permissions import SCOPES
from apps.accounts.plainfields import LISTS, major
from apps.casework.approvals.registry import NAMES, name_of
from apps.casework.errors import CaseRefused
from apps.casework.escalation_text import levels_in, text_of
from apps.casework.linting import lint_rule
from apps.casework.models import (
    ApprovalPolicy,
    CaseKind,
    EscalationPolicy,
    EscalationPolicyVersion,
    ExceptionCase,
    Queue,
    QueueRule,
)
from apps.casework.services import publish_escalation
from apps.casework.states import STANDING
from apps.channels.models import Channel
from apps.core.actor import Actor
from apps.core.process_cache import clear_process_cache
from apps.core.translated import looked_up, translated
from apps.network.models import Node

SETUP = "casework:setup"
LISTS["case kinds"] = lambda: CaseKind.objects.order_by("name").values_list("code", "name")


class SetupAdmin(ScopedHistoryAdmin):
    """Counts for cases from the next one on."""

    read_scope = write_scope = SETUP

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        clear_process_cache()

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        super().delete_model(request, obj)
        clear_process_cache()


@admin.register(Queue)
class QueueAdmin(SetupAdmin):
    built_in_names = ("name",)
    purpose = (
        "Queues are where exceptions wait for people. Make one for each team that settles them, then say who "
        "takes turns in it."
    )
    list_display = ["name", "code", "position", "team", "escalation", "standing"]
    search_fields = ["name", "code"]
    filter_horizontal = ["members"]
    list_select_related = ["escalation"]
    fields = ("name", "code", "description", "position", "escalation", "members")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = super().get_queryset(request)
        standing = models.Count("cases", filter=models.Q(cases__state__in=STANDING))
        found: models.QuerySet[Any] = rows.prefetch_related("members").annotate(waiting=standing)
        return found

    @admin.display(description=_("Takes turns"))
    def team(self, row: Queue) -> str:
        return ", ".join(str(user) for user in row.members.all()) or str(_("nobody"))

    @admin.display(description=_("Cases now"))
    def standing(self, row: Queue) -> int:
        return int(getattr(row, "waiting", 0))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "members":
            kwargs["queryset"] = User.objects.filter(is_active=True, is_staff=True).order_by("username")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(CaseKind)
class CaseKindAdmin(SetupAdmin):
    built_in_names = ("name", "queue")
    purpose = (
        "A kind says how grave an exception is, where it waits and what to do about it. The command "
        "setup_casework brings the usual ones."
    )
    may_delete = True
    list_display = ["name", "code", "shown_severity", "queue", "response", "resolution", "whose"]
    list_filter = ["severity", ("queue", NamesInWords), "built_in"]
    search_fields = ["name", "code"]
    list_select_related = ["queue"]
    fields = (
        "name", "code", "severity", "queue", "response_minutes", "resolution_minutes", "reason_codes", "playbook",
    )  # fmt: skip

    @badge(
        description=_("Severity"), colors={"critical": "danger", "high": "danger", "medium": "warning", "low": "info"}
    )
    def shown_severity(self, row: CaseKind) -> tuple[str, str]:
        return row.severity, looked_up(row.get_severity_display())

    @admin.display(description=_("First response within"), ordering="response_minutes")
    def response(self, row: CaseKind) -> str:
        return str(_("{minutes} min")).format(minutes=row.response_minutes)

    @admin.display(description=_("Settled within"), ordering="resolution_minutes")
    def resolution(self, row: CaseKind) -> str:
        return str(_("{minutes} min")).format(minutes=row.resolution_minutes)

    @admin.display(description=_("Made by"))
    def whose(self, row: CaseKind) -> str:
        return "Orderyard" if row.built_in else str(_("you"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The code of a kind is what cases are known by; it is chosen once."""
        return ["code"] if obj is not None else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        used = obj is not None and (obj.built_in or ExceptionCase.objects.filter(type=obj.code).exists())
        return super().has_delete_permission(request, obj) and not used


class QueueRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule that names what is not there, or is never reached, is reported at once."""

    class Meta:
        model = QueueRule
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        rule = QueueRule(**{name: value for name, value in cleaned.items() if name != "queue"})
        problems = lint_rule(rule, self._asked_before(), _known()) if rule.active else []
        if problems:
            raise ValidationError([f"{problem[:1].upper()}{problem[1:]}." for problem in problems])
        return cleaned

    def _asked_before(self) -> list[QueueRule]:
        position = self.cleaned_data.get("position", 0)
        rows = QueueRule.objects.filter(active=True, position__lte=position).exclude(pk=self.instance.pk)
        # Of two at one place the older is asked first.
        return [row for row in rows if row.position < position or not self.instance.pk or row.pk < self.instance.pk]


def _known() -> dict[str, set[str]]:
    return {
        "types": set(CaseKind.objects.values_list("code", flat=True)),
        "channels": set(Channel.objects.values_list("code", flat=True)),
        "nodes": set(Node.objects.values_list("code", flat=True)),
    }


@admin.register(QueueRule)
class QueueRuleAdmin(SetupAdmin):
    purpose = (
        "Without rules every exception goes to the queue of its kind. Make a rule to send some elsewhere, "
        "such as those of dear orders to a team of their own."
    )
    may_delete = True
    form = QueueRuleForm
    lists = {"types": "case kinds", "channels": "channels", "countries": "countries", "nodes": "nodes"}
    list_display = ["position", "name", "fits", "queue", "priority", "owner_rule", "active"]
    list_display_links = ["name"]
    built_in_names = ("queue",)
    list_filter = [("queue", NamesInWords), "active"]
    search_fields = ["name"]
    list_select_related = ["queue"]
    fieldsets = (
        (None, {"fields": ("name", "position", "active")}),
        (
            _("Which cases (empty: all)"),
            {"fields": ("types", "channels", "tiers", "countries", "nodes", "least_value_minor", "most_value_minor")},
        ),
        (_("Where they go"), {"fields": ("queue", "priority", "owner_rule")}),
    )

    @admin.display(description=_("Fits"))
    def fits(self, row: QueueRule) -> str:
        """By the names of the lists, as on the form."""
        names = {name: dict(LISTS[source]()) for name, source in self.lists.items()}
        lists = [
            (getattr(row, name), names.get(name, {})) for name in ("types", "channels", "tiers", "countries", "nodes")
        ]
        parts = [", ".join(looked_up(str(known.get(code, code))) for code in codes) for codes, known in lists if codes]
        if row.least_value_minor is not None:
            parts.append(str(_("worth {amount} and more")).format(amount=major(row.least_value_minor)))
        if row.most_value_minor is not None:
            parts.append(str(_("worth {amount} at most")).format(amount=major(row.most_value_minor)))
        return " · ".join(parts) or str(_("everything"))


class VersionsOfPolicy(ScopedTabular):
    """To be read: a case keeps the version it opened under, so a version is never edited."""

    model = EscalationPolicyVersion
    read_scope = SETUP
    may_delete = False
    fields = readonly_fields = (
        "number",
        "active",
        "told",
        "repeat_minutes",
        "repeat_limit",
        "created_by",
        "created_at",
    )
    ordering = ("-number",)
    verbose_name_plural = _("Versions")

    @admin.display(description=_("Levels"))
    def told(self, row: EscalationPolicyVersion) -> str:
        return text_of(row.levels, names=_names()).replace("\n", " · ")


def _names() -> dict[str, str]:
    return dict(User.objects.filter(is_staff=True).values_list("public_id", "username"))


class EscalationForm(forms.ModelForm):  # type: ignore[type-arg]
    """Shows the active version; saving publishes the next one."""

    levels = forms.CharField(
        label="Levels",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=(
            "One level a line: minutes after the level before it, then who is notified: owner, a role "
            f"({', '.join(Role.values)}) or a user name, and mail if it goes out as mail. Such as: 60 owner lead mail"
        ),
    )
    repeat_minutes = forms.IntegerField(
        min_value=0,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
        label="Repeat alert after (minutes)",
        help_text="The last level alerts again this long after its last alert. 0: it alerts once.",
    )
    repeat_limit = forms.IntegerField(
        min_value=0,
        max_value=100,
        initial=3,
        widget=UnfoldAdminIntegerFieldWidget,
        label="Repeat alert at most (times)",
        help_text="So often, and then no more.",
    )

    class Meta:
        model = EscalationPolicy
        fields = ("name", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = self.instance.versions.filter(active=True).first() if self.instance.pk else None
        if active is not None:
            self.initial = {
                **self.initial,
                "levels": text_of(active.levels, names=_names()),
                "repeat_minutes": active.repeat_minutes,
                "repeat_limit": active.repeat_limit,
            }

    def clean_levels(self) -> list[dict[str, Any]]:
        refs = {name.lower(): ref for ref, name in _names().items()}
        try:
            return levels_in(self.cleaned_data["levels"], roles=Role.values, refs=refs)
        except ValueError as error:
            raise ValidationError(str(error)) from None


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(ScopedAdmin):
    purpose = "Says who is notified when nobody settles an exception in time. Make one, then choose it on a queue."
    read_scope = write_scope = SETUP
    form = EscalationForm
    list_display = ["name", "code", "version", "rings"]
    fields = ("name", "code", "levels", "repeat_minutes", "repeat_limit")
    inlines = [VersionsOfPolicy]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code"] if obj is not None else []

    @admin.display(description=_("Version"))
    def version(self, row: EscalationPolicy) -> str:
        active = row.versions.filter(active=True).first()
        return str(active.number) if active else str(_("none"))

    @admin.display(description=_("Alerts after (minutes)"))
    def rings(self, row: EscalationPolicy) -> str:
        active = row.versions.filter(active=True).first()
        return ", ".join(str(level["after_minutes"]) for level in active.levels) if active else str(_("never"))

    def save_model(self, request: HttpRequest, obj: EscalationPolicy, form: Any, change: bool) -> None:
        """Cases that are open keep the version they opened under."""
        staff = request.user
        assert isinstance(staff, User)
        try:
            made = publish_escalation(
                obj.code,
                name=obj.name,
                levels=form.cleaned_data["levels"],
                repeat_minutes=form.cleaned_data["repeat_minutes"],
                repeat_limit=form.cleaned_data["repeat_limit"],
                actor=Actor("staff", staff.public_id),
            )
        except CaseRefused as refusal:
            obj.pk = obj.pk or EscalationPolicy.objects.values_list("pk", flat=True).filter(code=obj.code).first()
            messages.error(request, str(_("Nothing was published. {why}")).format(why=translated(refusal.sentence)))
            return
        obj.pk = made.policy_id
        messages.success(
            request,
            str(_("Version {number} counts for cases from now on; open ones keep theirs.")).format(number=made.number),
        )


class ApprovalPolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    kind = forms.ChoiceField(
        choices=[], widget=UnfoldAdminSelectWidget, label="Proposal", help_text="What is proposed."
    )
    roles = TickedField(
        choices=Role.choices,
        required=False,
        label="Decided by",
        help_text="Anybody with one of these roles may decide.",
    )

    class Meta:
        model = ApprovalPolicy
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = set(NAMES) | set(ApprovalPolicy.objects.values_list("kind", flat=True))
        if "kind" in self.fields:
            self.fields["kind"].choices = sorted((kind, looked_up(name_of(kind))) for kind in known)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("automatic"):
            return cleaned
        if not cleaned.get("roles"):
            raise ValidationError(_("Tick at least one role, or nobody could ever decide."))
        unable = [str(Role(role).label) for role in cleaned["roles"] if "approvals:decide" not in SCOPES[role]]
        if unable:
            raise ValidationError(
                str(_("These roles may not decide anything, so tick others: {roles}.")).format(roles=", ".join(unable))
            )
        return cleaned


class ProposalFilter(admin.SimpleListFilter):
    title = _("Proposal")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = ApprovalPolicy.objects.order_by("kind").values_list("kind", flat=True).distinct()
        return [(kind, looked_up(name_of(kind))) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(SetupAdmin):
    purpose = (
        "Says who decides proposals that go beyond somebody's limits. Begin with one for each kind of "
        "proposal, from an amount of 0.00."
    )
    may_delete = True
    form = ApprovalPolicyForm
    list_display = ["shown_kind", "from_minor", "deciders", "approvers", "automatic", "expires_hours"]
    list_filter = [ProposalFilter]
    ordering = ["kind", "from_minor"]
    fields = ("kind", "from_minor", "automatic", "roles", "approvers", "own_nodes_only", "expires_hours")

    @admin.display(description=_("Proposal"), ordering="kind")
    def shown_kind(self, row: ApprovalPolicy) -> str:
        return looked_up(name_of(row.kind))

    @admin.display(description=_("Decided by"))
    def deciders(self, row: ApprovalPolicy) -> str:
        names = dict(Role.choices)
        return (
            str(_("nobody is asked"))
            if row.automatic
            else ", ".join(looked_up(str(names.get(role, role))) for role in row.roles)
        )
