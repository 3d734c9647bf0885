"""The description of the API, for machines and for people."""

from __future__ import annotations

from django.views.decorators.cache import cache_control, cache_page
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

# Making it costs a second of CPU and needs no key, so it is made once.
_KEPT_S = 24 * 60 * 60
schema = cache_page(_KEPT_S, key_prefix="schema")(cache_control(max_age=60)(SpectacularAPIView.as_view()))
docs = SpectacularSwaggerView.as_view(url_name="schema")
