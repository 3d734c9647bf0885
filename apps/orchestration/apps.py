from django.apps import AppConfig


class OrchestrationConfig(AppConfig):
    name = "apps.orchestration"
    label = "orchestration"

    def ready(self) -> None:
        """Tell the outbox below who writes down the work that follows an event."""
        from apps.core.outbox import register_scheduler
        from apps.orchestration.registry import schedule

        register_scheduler(schedule)
