from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "apps.channels"
    label = "channels"

    def ready(self) -> None:
        """Whatever is wrong with an adapter is said now, not with the first order."""
        from apps.channels.framework.contracts import shipped

        shipped()
