from django.apps import AppConfig


class OrchestrationConfig(AppConfig):
    name = "apps.orchestration"
    label = "orchestration"

    def ready(self) -> None:
        """Register with the outbox which steps follow which event."""
        from apps.core.registry import register
        from apps.orchestration.registry import names

        register(names())
