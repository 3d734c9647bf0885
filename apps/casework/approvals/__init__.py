"""Four-eyes: what is proposed, who may decide it, what is done once it is approved.

The verbs are services: ``casework.services.proposing`` (propose, withdraw, void, expire) and ``casework.services.deciding``.
A kind of proposal is one line in ``performers``; who decides it is a row of ApprovalPolicy.
"""
