"""What a site in production answers with: Django's own check is clean, cookies and headers are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = {
    "ACCORD_HTTPS": "1",
    "ALLOWED_HOSTS": "accord.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://accord.example.org",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}
ASK = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
# Nothing was collected here.
plain_files = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.STORAGES["staticfiles"]["BACKEND"] = plain_files
client = Client(headers={"Host": "accord.example.org", "X-Forwarded-Proto": "https"})
answer = client.get("/healthz")
page = client.get("/sign-in/")
plain = Client(headers={"Host": "accord.example.org"}).get("/sign-in/")
print(json.dumps({
    "headers": dict(page.headers),
    "cookies": {name: dict(morsel) for name, morsel in page.cookies.items()},
    "plain": [plain.status_code, plain.headers.get("Location", "")],
}))
"""


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "ACCORD_DEBUG"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=env | SITE | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_check_for_deployment_is_clean():
    found = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert found.returncode == 0, found.stderr
    assert "no issues" in found.stdout + found.stderr


def test_headers_and_cookies_of_a_site_behind_https():
    found = run("-c", ASK)
    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout.strip().splitlines()[-1])
    headers = answer["headers"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "unsafe-" not in headers["Content-Security-Policy"]
    cookie = answer["cookies"]["__Host-csrftoken"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert answer["plain"] == [301, "https://accord.example.org/sign-in/"]


def test_a_provider_elsewhere_is_named_in_the_policy_for_forms():
    code = "import django; django.setup(); from django.conf import settings as s; "
    code += "print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'], s.SESSION_COOKIE_NAME)"
    found = run("-c", code, ACCORD_OIDC_ISSUER="https://id.example.org/realms/one")
    assert "https://id.example.org'" in found.stdout
    assert "__Host-sessionid" in found.stdout
