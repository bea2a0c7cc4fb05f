"""The addresses of the audit trail."""

from django.urls import path

from labelers.trail import api, views

urlpatterns = [
    path("projects/<slug:slug>/audit/", views.project_trail, name="trail"),
    path("projects/<slug:slug>/audit.csv", views.project_trail_file, name="trail-file"),
    path("site/audit/", views.site_trail, name="site-trail"),
    path("site/audit.csv", views.site_trail_file, name="site-trail-file"),
]
api_urlpatterns = [
    path("projects/<slug:slug>/audit/", api.ProjectTrailView.as_view(), name="api-trail"),
    path("site/audit/", api.SiteTrailView.as_view(), name="api-site-trail"),
]
