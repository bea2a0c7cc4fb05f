"""Signing in as a person does it: a second factor from the first click to the code at the door."""

from __future__ import annotations

import os
import time

import pytest
from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from tests.browser.driving import scrolls_sideways

pytestmark = pytest.mark.browser

PASSWORD = "a long phrase"


def code_of(secret: str, later: int = 0) -> str:
    """What an authenticator app shows now, or so many periods later."""
    counter = int(time.time()) // app_settings.TOTP_PERIOD + later
    return format_hotp_value(hotp_value(secret, counter))


def picture(page, name: str) -> None:
    """Keep a picture of the page where ACCORD_PICTURES names a folder."""
    if folder := os.environ.get("ACCORD_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def sign_in(page) -> None:
    page.goto("/account/safety/")
    picture(page, "sign_in")
    page.get_by_label("Name").fill("aiko")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_second_factor_from_setting_it_up_to_the_door(browse, labeler, size):
    page = browse.page(size)
    sign_in(page)
    expect(page).to_have_url(f"{browse.url}/account/safety/")
    picture(page, f"safety_{size}")
    page.get_by_role("link", name="Set up a second factor").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("img", name="The secret as a QR code")).to_be_visible()
    picture(page, f"second_factor_{size}")
    assert not scrolls_sideways(page)
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator(".codes li")).to_have_count(10)
    picture(page, f"recovery_codes_{size}")
    assert not scrolls_sideways(page)

    other = browse.page(size)
    sign_in(other)
    expect(other.get_by_role("heading", name="Your code")).to_be_visible()
    picture(other, f"code_{size}")
    other.get_by_label("Code").fill(code_of(secret, 1))
    other.get_by_role("button", name="Sign in").click()
    expect(other).to_have_url(f"{browse.url}/account/safety/")
    other.get_by_role("button", name="End all others").click()
    expect(other.get_by_role("status").first).to_contain_text("ended")
    page.goto("/account/")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
