"""How the shops, partners and webhook endpoints are that we call."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1.base import View
from apps.api.v1.shapes.integrations import IntegrationsHealth, counterpart
from apps.core.api.filters import refuse_unknown
from apps.core.api.schema import described
from apps.orchestration.integration_health import integrations_for


class Health(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "network:read"}

    @described("get_integrations_health", responses={200: IntegrationsHealth})
    def get(self, request: Request) -> Response:
        """How each of them answers, what waits for it and what was given up; at most five seconds old.

        The figures of a shop and of an endpoint cover all places, so a caller limited to some sees none; those of a partner are
        seen by whoever sees all places it runs.
        """
        refuse_unknown(request, frozenset())
        return Response(IntegrationsHealth(items=[counterpart(one) for one in integrations_for(self.caller(request))]))
