"""Every address: the pages of each app, and the API below /api/v1/."""

from django.urls import include, path
from django.views.i18n import set_language

from annotation.api.urls import urlpatterns as annotation_api
from config import views
from exports import urls as exports_urls
from labelers import urls as labelers_urls
from training import urls as training_urls

api_urlpatterns = [
    *annotation_api,
    *labelers_urls.api_urlpatterns,
    *exports_urls.api_urlpatterns,
    *training_urls.api_urlpatterns,
]

urlpatterns = [
    path("api/v1/", include(api_urlpatterns)),
    path("", include("config.operations.urls")),
    path("", include("labelers.urls")),
    path("", include("annotation.urls")),
    path("", include("exports.urls")),
    path("", include("training.urls")),
    path("language/", set_language, name="set_language"),
    path("api/schema/", views.Description.as_view(), name="schema"),
    path("api/docs/", views.api_docs, name="api-docs"),
]

handler400 = "config.refusals.bad_request"
handler403 = "config.refusals.permission_denied"
handler404 = "config.refusals.not_found"
handler500 = "config.operations.outages.server_error"
