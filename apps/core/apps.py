from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from apps.core.postgresql.lookups import make_known

        make_known()
        # Whoever asks for all events gets all of them, whatever has been imported so far.
        autodiscover_modules("events")
