from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "apps.integrations"
    label = "integrations"

    def ready(self) -> None:
        """Whatever is wrong with an adapter is said now, not with the first order."""
        from apps.integrations.framework.registry import adapters

        adapters()
