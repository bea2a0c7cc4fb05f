"""The addresses of letters; those of the API below /api/v1/."""

from django.urls import path

from labelers.mailing import api, views

urlpatterns = [
    path("mail/stop/<str:token>/", views.stop, name="mail-stop"),
    path("letters/", views.letters, name="letters"),
]

api_urlpatterns = [
    path("letters/", api.LettersView.as_view(), name="api-letters"),
    path(
        "projects/<slug:slug>/invitations/by-mail/",
        api.MailedInvitationsView.as_view(),
        name="api-invitations-by-mail",
    ),
]
