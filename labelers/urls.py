"""The addresses of labelers: signing in, the account, people of a project; API below /api/v1/."""

from django.urls import path

from labelers import api, notices, notices_api, views
from labelers.mailing import urls as mailing
from labelers.signing_in import urls as signing_in
from labelers.trail import urls as trail
from labelers.webhooks import urls as webhooks

urlpatterns = [
    *signing_in.urlpatterns,
    *mailing.urlpatterns,
    *trail.urlpatterns,
    *webhooks.urlpatterns,
    path("account/", views.account, name="account"),
    path("account/tokens/<int:pk>/revoke/", views.revoke_token, name="token-revoke"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.mark_read, name="notices-read"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("projects/<slug:slug>/people/", views.people, name="people"),
    path(
        "projects/<slug:slug>/invitations/<int:pk>/revoke/",
        views.revoke_invitation,
        name="invitation-revoke",
    ),
]

api_urlpatterns = [
    *signing_in.api_urlpatterns,
    *mailing.api_urlpatterns,
    *trail.api_urlpatterns,
    *webhooks.api_urlpatterns,
    path("me/", api.MeView.as_view(), name="api-me"),
    path("me/preferences/", api.PreferencesView.as_view(), name="api-preferences"),
    path("me/notices/", notices_api.NoticesView.as_view(), name="api-notices"),
    path("me/notices/read/", notices_api.NoticesReadView.as_view(), name="api-notices-read"),
    path("invitations/accept/", api.InvitationAcceptView.as_view(), name="api-invitation-accept"),
    path("tokens/", api.TokensView.as_view(), name="api-tokens"),
    path("tokens/<int:pk>/", api.TokenView.as_view(), name="api-token"),
    path("projects/<slug:slug>/members/", api.MembersView.as_view(), name="api-members"),
    path(
        "projects/<slug:slug>/invitations/", api.InvitationsView.as_view(), name="api-invitations"
    ),
    path(
        "projects/<slug:slug>/invitations/<int:pk>/",
        api.InvitationView.as_view(),
        name="api-invitation",
    ),
]
