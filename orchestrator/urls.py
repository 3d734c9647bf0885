"""Every address of the product."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from apps.api import docs, health
from apps.api.hooks_channel import ChannelHook
from apps.api.hooks_partner import PartnerHook

urlpatterns = [
    path("api/v1/", include("apps.api.urls")),
    path("hooks/3pl/<slug:partner_code>/", PartnerHook.as_view(), name="partner-hook"),
    path("hooks/<slug:kind>/<slug:channel_code>/", ChannelHook.as_view(), name="channel-hook"),
    path("api/schema/", docs.schema, name="schema"),
    path("api/docs/", docs.docs, name="docs"),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("admin/", admin.site.urls),
    path("", include("apps.console.urls")),
]
handler500 = "apps.console.shell.refused_views.fault"
if settings.METRICS:
    urlpatterns.append(path("", include("django_prometheus.urls")))
