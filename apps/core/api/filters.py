from django_filters.rest_framework import DjangoFilterBackend


class StrictFilters(DjangoFilterBackend):
    pass
