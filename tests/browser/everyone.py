"""Which pages there are, and what makes one right for everyone: accessible to axe, quiet, no wider
than a phone, and in one language.

The pages come from the addresses themselves: a page that needs more than a project's name fails
until `OBJECTS` says what to open it with. What people wrote is in Greek letters, so that each Latin
word on a Japanese page, and each kana or kanji on an English one, is the interface's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from playwright.sync_api import Page, expect

from annotation.models import Task
from annotation.task_kinds.catalog import TASK_KINDS
from tests.browser.driving import scrolls_sideways

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
# Which of axe's rules; colours take it longest.
ALL_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WITHOUT_COLOURS = {**ALL_RULES, "rules": {"color-contrast": {"enabled": False}}}
ONLY_COLOURS = {"runOnly": ["color-contrast"]}

# What opens a page that needs more than the slug of a project, by the name of its address.
OBJECTS = {
    "label": lambda house: [{"slug": slug} for slug in (*house.slugs, "way-training", "way-open")],
    "start": lambda house: [{"slug": slug} for slug in ("pairwise", *house.ways)],
    "project": lambda house: [{"slug": slug} for slug in ("pairwise", "conversation", "empty")],
    **dict.fromkeys(
        ["quality", "agreement", "over-time", "disagreement"],
        lambda house: [{"slug": slug} for slug in ("pairwise", "ranking", "empty")],
    ),
    "quality-file": lambda house: [{"slug": "pairwise", "table": "pairs"}],
    "invitation": lambda house: [{"token": house.token}, {"token": "unknown"}],
    **dict.fromkeys(
        [
            *("import", "import-read", "import-confirm", "import-pause", "import-resume"),
            *("import-cancel", "import-refused"),
        ],
        lambda house: [{"slug": "pairwise", "uid": batch.uid} for batch in house.batches],
    ),
    "session-end": lambda house: [{"pk": 0}],
    "identity-leave": lambda house: [{"pk": 0}],
    "email-confirm": lambda house: [{"token": "unknown"}],
    "account_reset_password_from_key": lambda house: [{"uidb36": "1", "key": "unknown"}],
    **dict.fromkeys(
        ["openid_connect_login", "openid_connect_callback"],
        lambda house: [{"provider_id": "oidc"}],
    ),
    "token-revoke": lambda house: [{"pk": house.api_token.pk}],
    "invitation-revoke": lambda house: [{"slug": "pairwise", "pk": house.invitation.pk}],
    **dict.fromkeys(
        ["candidate", "candidate-decide", "candidate-attempt"],
        lambda house: [
            {"slug": "pairwise", "pk": house.candidate.pk},
            {"slug": "demonstration", "pk": house.author.pk},
        ],
    ),
    **dict.fromkeys(
        ["screening", "screening-policy"],
        lambda house: [{"slug": slug} for slug in ("pairwise", "demonstration", "empty")],
    ),
    "written": lambda house: [{"slug": slug} for slug in ("demonstration", "empty")],
    "second-look": lambda house: [{"slug": "pairwise", "pk": house.disputed.pk}],
    "second-looks": lambda house: [
        {"slug": slug} for slug in ("pairwise", "demonstration", "empty")
    ],
    "comments": lambda house: [{"slug": "pairwise", "pk": house.disputed.pk}],
    "comment": lambda house: [{"slug": "pairwise", "pk": house.comment.pk}],
    **dict.fromkeys(
        ["opinions", "biases"],
        lambda house: [{"slug": slug} for slug in ("pairwise", "ranking", "empty")],
    ),
    "items": lambda house: [{"slug": slug} for slug in ("crowd", "pairwise", "ranking", "empty")],
    "erasure": lambda house: [{"pseudonym": name} for name in house.erasures],
    "item-lineage": lambda house: [{"slug": "pairwise", "pk": house.traced.pk}],
    "item": lambda house: [
        *({"slug": "crowd", "pk": task.pk} for task in house.crowd),
        {"slug": "pairwise", "pk": house.disputed.pk},
    ],
    "consensus": lambda house: [{"slug": slug} for slug in ("weighed", "pairwise", "empty")],
    "watches": lambda house: [{"slug": slug} for slug in ("watched", "empty")],
    **dict.fromkeys(
        ["labeler", "labeler-file", "labeler-pause", "labeler-resume", "labeler-trust"],
        lambda house: [{"slug": "watched", "key": key} for key in house.watched],
    ),
    "gold": lambda house: [{"slug": slug} for slug in ("pairwise", "empty")],
    "gold-new": lambda house: [{"slug": slug} for slug in ("pairwise", "empty")],
    "gold-answer": lambda house: [
        {"slug": slug, "pk": Task.objects.filter(project__slug=slug, is_gold=False).last().pk}
        for slug in TASK_KINDS
    ],
    **dict.fromkeys(
        ["gold-change", "gold-said", "gold-decision"],
        lambda house: [{"slug": "pairwise", "pk": house.gold.pk}],
    ),
    "gold-proposal": lambda house: [{"slug": "pairwise", "pk": house.alike.pk}],
    "labeler-void": lambda house: [
        {"slug": "pairwise", "key": f"p:{person.pk}"} for person in (house.judge, house.labeler)
    ],
    "voiding-restore": lambda house: [{"slug": "pairwise", "pk": house.voiding.pk}],
    **dict.fromkeys(
        ["work", "settings", "people"],
        lambda house: [{"slug": slug} for slug in ("pairwise", "paid")],
    ),
    **dict.fromkeys(
        ["pay", "appeals"], lambda house: [{"slug": slug} for slug in ("pairwise", "paid")]
    ),
    **dict.fromkeys(
        ["pay-rate", "crowd", "completion", "overlap", "project-clone"],
        lambda house: [{"slug": "paid"}],
    ),
    **dict.fromkeys(
        ["payroll", "payroll-file", "payroll-paid"],
        lambda house: [{"slug": "paid", "number": house.payroll.number}],
    ),
    "payment": lambda house: [{"slug": "paid", "pk": house.payment.pk}],
    "appeal-answer": lambda house: [{"slug": "paid", "pk": house.appeal.pk}],
    "change-progress": lambda house: [{"slug": "paid", "kind": "overlap"}],
    "trial": lambda house: [{"slug": slug} for slug in ("pairwise", *house.ways)],
    "trial-label": lambda house: [
        {"slug": "pairwise", "stage": stage} for stage in ("work", "training", "exam")
    ],
    "mail-stop": lambda house: [{"token": house.stop}, {"token": "unknown"}],
    "webhooks": lambda house: [{"slug": slug} for slug in ("pairwise", "empty")],
    "webhook": lambda house: [{"uid": hook.uid} for hook in house.webhooks],
    "webhook-delivery": lambda house: [
        {"uid": house.webhooks[0].uid, "sequence": sequence} for sequence in (1, 2)
    ],
    "report-decision": lambda house: [{"slug": "pairwise", "pk": house.report.pk}],
    **dict.fromkeys(
        [
            *("snapshot", "snapshot-progress", "snapshot-download", "snapshot-manifest"),
            *("snapshot-compare", "snapshot-lineage", "snapshot-pushes", "snapshot-again"),
            "snapshot-delete",
        ],
        lambda house: [{"uid": snapshot.uid} for snapshot in house.snapshots],
    ),
    **dict.fromkeys(
        [
            *("run", "run-progress", "run-curves", "run-samples"),
            *("run-log", "run-cancel", "run-resume", "run-to-tasks", "run-lineage"),
            *("run-evaluation", "run-check-state", "run-archive"),
        ],
        lambda house: [{"uid": run.uid} for run in house.runs],
    ),
    "run-file": lambda house: [{"uid": house.runs[0].uid, "path": "report.json"}],
    "checkpoint": lambda house: [
        {"uid": each.uid} for run in house.runs for each in run.checkpoints.all()
    ],
}
# The same page with something chosen on it.
QUERIES = {
    "items": ["", "?order=disagreement", "?gold=1&language=el"],
    "run-new": ["", "?trainer=reward_model", "?trainer=evaluate", "?trainer=ppo"],
    "runs-compare": ["", "?run={house.runs[0].uid}&run={house.runs[1].uid}"],
    "gold": [f"?show={show}" for show in ("in_force", "to_retire", "consensus", "retired")],
}

# Names that no language translates.
NAMES = (
    *("Accord", "API", "Bradley-Terry", "Krippendorff", "Parquet", "JSONL", "JSON", "CSV"),
    *("HTML", "Markdown", "Hugging Face", "TRL", "LoRA", "DPO", "PPO", "SFT", "KTO", "IPO"),
    *("GPU", "CPU", "SmolLM2-135M-Instruct", "Python", "Ctrl", "Shift", "Enter", "Escape"),
    *("Backspace", "Tab", "KL", "URL", "OpenAPI", "GRPO", "ORPO", "CPO", "RLOO", "SimPO", "RRHF"),
    *("Unicode", "gzip", "jsonl", "gz", "HH-RLHF", "log sigmoid", "JSON Lines", "PyPI", "AdamW"),
    *("TRL preference", "RewardTrainer", "manifest.json", "python", "prompt", "margin", "chosen"),
    *("rejected", "SHA-256", "UTC", "EOS", "Dawid-Skene", "README", "ID", "Space"),
    *("Label Studio", "UltraFeedback", "OpenAssistant", "Argilla", "PKU-SafeRLHF", "SHP"),
    *("GGUF", "safetensors", "RAFT"),
    *("Home", "End", "YAML", "RFC", "HTTP", "Webhook", "Chrome", "Linux"),
    *("USD", "PROLIFIC_PID", "STUDY_ID", "SESSION_ID", "workerId", "hitId", "assignmentId"),
    # Values of settings, as their defaults stand in empty fields.
    *("all-linear", "auto", "lora", "own", "pairwise", "posterior", "soft"),
)
NAME = re.compile(
    "|".join(
        rf"(?<![A-Za-z]){re.escape(name)}(?![a-z])" for name in sorted(NAMES, key=len, reverse=True)
    )
    + "|L-[0-9a-z]+"
)
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z][A-Za-z'’]{2,}")
# A Japanese sentence may name a setting or its value, but not hold a phrase.
PHRASE = re.compile(r"[A-Za-z][A-Za-z'’]+ [A-Za-z][A-Za-z'’]+")

WRITTEN = """(within) => {
    const root = document.querySelector(within);
    const own = document.documentElement.lang;
    const skipped = (e) => e.closest("script, style, code, pre, kbd, samp, template")
        || (e.closest("[lang]") ?? document.documentElement).lang !== own;
    const found = new Set();
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (skipped(element)) continue;
        const option = element.closest("option");
        // What is chosen by the name that programs know it by is no word.
        if (option && option.value === option.text) continue;
        if (option || element.checkVisibility()) {
            found.add(walker.currentNode.data.trim());
        }
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        for (const element of root.querySelectorAll(`[${name}]`)) {
            if (!skipped(element)) found.add(element.getAttribute(name).trim());
        }
    }
    found.add(document.title);
    return [...found].filter(Boolean);
}"""
# What a page is made of, without what stands in it.
SHAPES = """() => [...new Set([...document.querySelectorAll("body *")].map((e) => [
    e.parentElement.localName, e.localName, e.className.baseVal ?? e.className, e.type, e.role,
    ...e.getAttributeNames().filter((name) => name !== "style").sort(),
].join(" ")))]"""
# What decides whether its texts can be read: which stands on what, how large and how strong.
COLOURS = r"""() => {
    const opaque = (colour) => !/^rgba|\//.test(colour);
    const texts = [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility()
        && (e.matches("input, select, textarea")
            || [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())));
    return [...new Set(texts.map((text) => {
        const { color, fontSize, fontWeight } = getComputedStyle(text);
        const large = parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);
        const behind = [];
        for (let e = text; e; e = e.parentElement) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(e);
            behind.push(backgroundColor, backgroundImage, opacity);
            if (opaque(backgroundColor)) break;
        }
        return ["colours", color, large, ...new Set(behind)].join(" ");
    }))];
}"""
RUN_AXE = """async ([within, rules]) => {
    const { violations } = await axe.run(within ?? document, {
        ...rules, resultTypes: ["violations"], elementRef: false,
    });
    return violations.map(({ id, nodes }) =>
        `${id}: ${nodes.slice(0, 3).map((n) => n.html.slice(0, 110)).join(" | ")}`);
}"""


# ------------------------------------------------------------------------------------ which pages


def patterns(resolver: URLResolver, under: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every named address outside the API, with its route."""
    for pattern in resolver.url_patterns:
        route = under + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, route)
        elif pattern.name and not route.startswith(("api/v1/", "api/schema/")):
            yield route, pattern


def addresses(house) -> list[str]:
    """Every address that could be a page, with the objects it needs."""
    found = []
    for _route, pattern in patterns(get_resolver()):
        name, needed = pattern.name, set(pattern.pattern.converters)
        if name not in OBJECTS:
            assert needed <= {"slug"}, f"say in OBJECTS what opens {name!r}: it needs {needed}"
        plain = [{"slug": "pairwise"} if needed else {}]
        for kwargs in OBJECTS[name](house) if name in OBJECTS else plain:
            address = reverse(name, kwargs=kwargs)
            asked = [query.format(house=house) for query in QUERIES.get(name, [""])]
            found += [address + query for query in asked]
    return found


def pages(house, person) -> list[str]:
    """Those that `person` gets a whole page from; the rest is for sending, for parts and files."""
    client = Client()
    if person is not None:
        client.force_login(person)
    found = []
    for address in addresses(house):
        answer = client.get(address)
        if answer.streaming:
            # A file: what was begun has to come to its end.
            list(answer.streaming_content)
            continue
        whole = answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status_code == 200 and whole and b"<html" in answer.content:
            found.append(address)
    return found


def walked(house) -> dict[str, list[str]]:
    """The pages of each role, without those that are the same for one that is walked besides."""
    of_visitor, of_labeler, of_admin = (
        pages(house, person) for person in (None, house.labeler, house.admin)
    )
    same = {*of_visitor, *(a for a in of_labeler if a.endswith(("/label/", "/start/")))}
    return {
        "visitor": of_visitor,
        "labeler": [address for address in of_labeler if address not in of_visitor],
        "admin": [address for address in of_admin if address not in same],
    }


# ------------------------------------------------------------------------------ what is checked


def walk(browse, house, language: str) -> dict[str, list[str]]:
    """What is wrong with each page in a language, for a visitor, a labeler and an admin."""
    browse.expect("status of 404")
    people = {"visitor": None, "labeler": house.labeler, "admin": house.admin}
    problems = {}
    seen: set[str] = set()
    for role, of_role in walked(house).items():
        context = browse.context(person=people[role], reduced_motion="reduce")
        context.add_init_script(path=AXE)
        context.add_cookies([{"name": "django_language", "value": language, "url": browse.url}])
        page = context.new_page()
        for address in [*of_role, "/no/such/page/"]:
            quiet = len(browse.complaints)
            page.set_viewport_size({"width": 1280, "height": 800})
            page.goto(address)
            found = [*problems_of(page, language, seen), *browse.complaints[quiet:]]
            if found := [problem for problem in found if "status of 404" not in problem]:
                problems[f"{role} {address}"] = found
    # What was said on the way is part of this list.
    browse.complaints.clear()
    return problems


def problems_of(page: Page, language: str, seen: set[str]) -> Iterator[str]:
    """Everything that is wrong with the page as it is."""
    if page.url.endswith("/label/"):
        expect(page.locator("#item, #empty, #stopped").locator("visible=true")).to_have_count(1)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    if page.locator("html").get_attribute("lang") != language:
        yield f"its language is not {language}"
    yield from foreign_words(page, "body", language, seen)
    # Structure and colours are the same in every language.
    if language == "en" and is_new(page, seen):
        # A long list repeats itself, and axe compares everything on a page with everything.
        page.evaluate(
            "[...document.querySelectorAll('details')].slice(40).forEach((d) => d.remove())"
        )
        yield from page.evaluate(RUN_AXE, [None, WITHOUT_COLOURS])
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            if not (colours := set(page.evaluate(COLOURS))) <= seen:
                seen |= colours
                for problem in page.evaluate(RUN_AXE, [None, ONLY_COLOURS]):
                    yield f"{scheme} {problem}"
    yield from problems_of_dialogs(page, language, seen)
    page.set_viewport_size({"width": 390, "height": 844})
    if scrolls_sideways(page):
        yield "it scrolls sideways on a phone"


def is_new(page: Page, seen: set[str]) -> bool:
    """Whether it is the first page at an address of this name, or has parts no page had before."""
    name = resolve(urlsplit(page.url).path).url_name if "/no/such/" not in page.url else "none"
    parts = {f"the address {name}", *page.evaluate(SHAPES)}
    fresh = not parts <= seen
    seen |= parts
    return fresh


def problems_of_dialogs(page: Page, language: str, seen: set[str]) -> Iterator[str]:
    for name in page.evaluate("[...document.querySelectorAll('dialog[id]')].map((d) => d.id)"):
        page.evaluate("(id) => document.getElementById(id).showModal()", name)
        for problem in foreign_words(page, f"#{name}", language, seen):
            yield f"{name} {problem}"
        if language == "en" and f"#{name}" not in seen:
            seen.add(f"#{name}")
            for problem in page.evaluate(RUN_AXE, [f"#{name}", ALL_RULES]):
                yield f"{name} {problem}"
        page.evaluate("(id) => document.getElementById(id).close()", name)


def foreign_words(page: Page, within: str, language: str, seen: set[str]) -> Iterator[str]:
    """What is written in another language; of what many pages say the first is told."""
    for text in set(page.evaluate(WRITTEN, within)) - seen:
        seen.add(text)
        latin = PHRASE if JAPANESE.search(text) else WORD
        if JAPANESE.search(text) if language == "en" else latin.search(NAME.sub("", text)):
            yield f"not {language}: {text[:90]!r}"
