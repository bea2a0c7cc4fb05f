"""What is found as personal data, what is not, and how it is covered and masked."""

from __future__ import annotations

import time

import pytest

from annotation import personal_data


def kinds(text: str) -> list[str]:
    return [found.kind for found in personal_data.find(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to jane.doe+news@mail.accord-test.co.jp today.", "email"),
        ("ＭＡＩＬ： taro＠accord-mail.jp", "email"),
        ("Call +49 (0)30 901820 now", "phone"),
        ("電話は090-1234-5678です", "phone"),
        ("電話は０９０－１２３４－５６７８です", "phone"),
        ("TEL 03-3581-0101", "phone"),
        ("(06) 6941-0351 まで", "phone"),
        ("0120-444-113", "phone"),
        ("call (415) 555-2671", "phone"),
        ("4111 1111 1111 1111", "card"),
        ("5555-5555-5555-4444.", "card"),
        ("378282246310005", "card"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "iban"),
        ("GB29NWBK60161331926819", "iban"),
        ("from 8.8.8.8 at noon", "ip"),
        ("host 2001:4860:4860::8888 answered", "ip"),
        ("1234 5678 9018", "my_number"),
        ("マイナンバーは123456789018", "my_number"),
        ("SSN 219-09-9999", "ssn"),
        ("〒100-0001 東京都千代田区千代田1-1", "address"),
        ("at 1600 Pennsylvania Avenue NW".replace(" NW", ", Washington, DC 20500"), "address"),
    ],
)
def test_what_is_personal_is_found(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com and a@b.test",
        "a @ b, 3 @ 4",
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "DE89 3704 0044 0532 0130 01",
        "10.0.0.1, 192.168.1.1, 127.0.0.1, 999.1.1.1, version 8.8.8.8",
        "12:34:56 and a::b in C++, std::vector",
        "1234 5678 9012",
        "123456789018",
        "000-12-3456 or 666-12-3456",
        "2026-01-31 16:59:52, 1999/12/31, 3.14159265358979",
        "pages 100-200, 555-1234, ISBN 978-3-16-148410-0",
        "The year 2024 had 31,536,000 seconds",
        "def f(x): return x ** 1234567890",
        "",
    ],
)
def test_what_only_looks_like_it_is_not(text):
    assert kinds(text) == []


def test_covering_leaves_the_rest_as_it_was():
    text = "Ａlso jane@accord-mail.org, 090-1234-5678 — そして 8.8.8.8。"
    covered, found = personal_data.cover(text)
    assert covered == "Ａlso [email], [phone] — そして [ip]。"
    assert [text[one.start : one.end] for one in found] == [
        "jane@accord-mail.org",
        "090-1234-5678",
        "8.8.8.8",
    ]
    assert personal_data.find(covered) == []


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("email", "jane@accord-mail.org", "j•••@•••.org"),
        ("phone", "090-1234-5678", "•••-••••-••78"),
        ("address", "1600 Pennsylvania Avenue", "160•••"),
    ],
)
def test_examples_do_not_tell_what_they_are_examples_of(kind, text, shown):
    assert personal_data.masked(kind, text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000 + "@",
        "a." * 50_000 + "@x",
        "1 " * 100_000,
        "1-" * 100_000,
        ":" * 100_000 + "1234",
        "AB12 " * 40_000,
        "A1" * 100_000,
        "12 Aa " * 30_000,
        "@a.".join("b" for _ in range(60_000)),
    ],
)
def test_no_text_takes_long(text):
    began = time.process_time()
    personal_data.find(text)
    assert time.process_time() - began < 3
