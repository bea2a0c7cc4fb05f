"""Operations as an app of Django: it brings commands and neither models nor pages."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "config.operations"
    label = "operations"
