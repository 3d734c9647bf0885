from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "apps.casework"
    label = "casework"

    def ready(self) -> None:
        """Open the kinds of proposals; what they do reaches further down than the registry may know."""
        from apps.casework import performers  # noqa: F401
