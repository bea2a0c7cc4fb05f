"""The addresses of signing in. Where allauth asks for an address by its own name, it has two."""

from allauth.account.views import (
    AccountInactiveView,
    PasswordResetDoneView,
    PasswordResetFromKeyDoneView,
    PasswordResetFromKeyView,
    ReauthenticateView,
)
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.socialaccount.providers.openid_connect.views import login as oidc_login
from django.urls import URLPattern, path, re_path

from labelers.signing_in import api, views
from labelers.signing_in.forms import ForgottenForm

_AT = "labelers/signing_in/"
_sign_in = views.SignInView.as_view()

urlpatterns: list[URLPattern] = [
    path("sign-in/", _sign_in, name="sign-in"),
    *(
        path("sign-in/", _sign_in, name=name)
        for name in ("account_login", "socialaccount_login_cancelled")
    ),
    path(
        "sign-in/code/",
        AuthenticateView.as_view(template_name=_AT + "code.html"),
        name="mfa_authenticate",
    ),
    path(
        "sign-in/again/",
        ReauthenticateView.as_view(template_name=_AT + "again.html"),
        name="account_reauthenticate",
    ),
    path(
        "sign-in/again/code/",
        ReauthenticateByCodeView.as_view(template_name=_AT + "again.html"),
        name="mfa_reauthenticate",
    ),
    path(
        "sign-in/closed/",
        AccountInactiveView.as_view(template_name=_AT + "closed.html"),
        name="account_inactive",
    ),
    path("sign-in/with/<slug:provider_id>/", oidc_login, name="openid_connect_login"),
    path(
        "sign-in/with/<slug:provider_id>/back/",
        views.oidc_callback,
        name="openid_connect_callback",
    ),
    path("sign-out/", views.sign_out, name="sign-out"),
    path(
        "password/forgotten/",
        views.ForgottenView.as_view(form_class=ForgottenForm),
        name="account_reset_password",
    ),
    path(
        "password/forgotten/sent/",
        PasswordResetDoneView.as_view(template_name=_AT + "forgotten_sent.html"),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$",
        PasswordResetFromKeyView.as_view(template_name=_AT + "new_password.html"),
        name="account_reset_password_from_key",
    ),
    path(
        "password/new/",
        PasswordResetFromKeyDoneView.as_view(template_name=_AT + "new_password_set.html"),
        name="account_reset_password_from_key_done",
    ),
    path("account/safety/", views.safety, name="safety"),
    *(
        path("account/safety/", views.safety, name=name)
        for name in ("mfa_index", "socialaccount_connections")
    ),
    path("account/safety/sessions/end/", views.end_other_sessions, name="sessions-end"),
    path("account/safety/sessions/<int:pk>/end/", views.end_session, name="session-end"),
    path("account/safety/identities/<int:pk>/leave/", views.leave_identity, name="identity-leave"),
    path("account/safety/email/remove/", views.remove_email, name="email-remove"),
    path("account/safety/email/<str:token>/", views.confirm_email, name="email-confirm"),
    path(
        "account/second-factor/",
        ActivateTOTPView.as_view(template_name=_AT + "second_factor.html"),
        name="mfa_activate_totp",
    ),
    path(
        "account/second-factor/remove/",
        DeactivateTOTPView.as_view(template_name=_AT + "second_factor_remove.html"),
        name="mfa_deactivate_totp",
    ),
    path(
        "account/second-factor/codes/",
        ViewRecoveryCodesView.as_view(template_name=_AT + "recovery_codes.html"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/second-factor/codes/new/",
        GenerateRecoveryCodesView.as_view(template_name=_AT + "recovery_codes_new.html"),
        name="mfa_generate_recovery_codes",
    ),
    path("site/locks/", views.locks, name="sign-in-locks"),
]
api_urlpatterns: list[URLPattern] = [
    path("me/sessions/", api.SessionsView.as_view(), name="api-sessions"),
    path("me/sessions/end/", api.EndOthersView.as_view(), name="api-sessions-end"),
    path("me/sessions/<int:pk>/", api.SessionView.as_view(), name="api-session"),
    path("site/locks/", api.LocksView.as_view(), name="api-sign-in-locks"),
    path("site/locks/unlock/", api.UnlockView.as_view(), name="api-sign-in-unlock"),
]
