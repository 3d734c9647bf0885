"""Four-eyes: what is proposed, who may decide it, what is done once it is approved.

``proposing`` (propose, withdraw, void, expire) and ``deciding`` are its services. A kind of proposal is one line in
``casework.performers``; who decides it is a row of ApprovalPolicy.
"""
