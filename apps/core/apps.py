from django.apps import AppConfig
from django.core import checks


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from apps.core.bulk.columns import check_models
        from apps.core.postgresql.lookups import register_lookups

        register_lookups()
        checks.register(check_models, checks.Tags.models)
        # Whoever asks for all events gets all of them, whatever has been imported so far.
        autodiscover_modules("events")
