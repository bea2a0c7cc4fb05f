"""The addresses of exports: pages, and API below /api/v1/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
api_urlpatterns: list[URLPattern] = []
