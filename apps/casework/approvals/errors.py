"""The refusals of four-eyes."""

from apps.core.errors import DomainError, NotAllowed, NotFound


class ApprovalNotFound(NotFound):
    code = "approval_not_found"
    message = "There is no approval {approval}."


class UnknownKind(DomainError):
    code = "unknown_approval_kind"
    status = 422
    message = "Nothing of the kind {kind} can be proposed."


class NoApprovalPolicy(DomainError):
    code = "no_approval_policy"
    status = 409
    message = "No approval policy says who may decide this ({kind}); ask operations to add one."


class AlreadyProposed(DomainError):
    code = "already_proposed"
    status = 409
    message = (
        "Somebody else has proposed something for this already ({approval}); it has to be decided or withdrawn first."
    )


class SelfApproval(NotAllowed):
    code = "self_approval"
    message = "You proposed this yourself; somebody else has to decide it."


class MayNotDecide(NotAllowed):
    code = "may_not_decide"
    message = "{why}"


class ApprovalDecided(DomainError):
    """Somebody was faster, or it ended another way."""

    code = "approval_decided"
    status = 409
    message = "This is {state} already: {outcome}"


class ApprovalVoided(DomainError):
    """``why``: what has changed, as a sentence."""

    code = "approval_voided"
    status = 409
    message = "{why} It no longer stands as it was proposed; look again and propose it again."


class AlreadyVoted(DomainError):
    code = "already_voted"
    status = 409
    message = "You have agreed to this already; a second person has to."


class ReasonNeeded(DomainError):
    code = "reason_needed"
    status = 422
    message = "Say why: the person who proposed it reads it."


class CustomerNotAsked(DomainError):
    code = "customer_not_asked"
    status = 409
    message = "The customer wants to be asked before {line} is replaced; note their yes first."


class NotSimilarEnough(DomainError):
    code = "not_similar_enough"
    status = 409
    message = "The customer takes only something similar for {line}; this is none of the catalog's substitutes."
