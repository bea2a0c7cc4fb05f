// The labeling page: shows one item, keeps the next one ready, and sends answers through an outbox.
//
// What an answer looks like is the kind's business (kinds/*.js); this module knows items, time,
// drafts and keys. Nothing is shown as done before it lies in the outbox, which survives the tab.

import { Outbox } from "./outbox.js";
import { PairwiseForm } from "./kinds/pairwise.js";
import { RankingForm } from "./kinds/ranking.js";

const FORMS = { pairwise: PairwiseForm, ranking: RankingForm };
const IDLE_MS = 60_000;
const DRAFT_MS = 800;
const PRELOADED = 2;

const config = JSON.parse(document.getElementById("labeling-config").textContent);
const byId = (id) => document.getElementById(id);
const text = (key, values = {}) =>
  Object.entries(values).reduce((t, [k, v]) => t.replace(`{${k}}`, v), config.texts[key]);

const form = new FORMS[config.kind](byId("answer"), config, changed);
const outbox = new Outbox(`accord:${config.person}:${config.project}`, send, outboxChanged);
let current = null;
let upcoming = [];
let active = { ms: 0, since: null, last: 0 };
let draftTimer = 0;
let loading = false;

// ---------------------------------------------------------------------------------- the server

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function call(url, body, method = "POST") {
  const response = await fetch(url, {
    method,
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? config.csrf,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer.detail ?? response.statusText);
  return answer;
}

const holding = () => [current, ...upcoming].filter(Boolean).map((item) => item.assignment);

async function send(submission) {
  const lacking = upcoming.length < PRELOADED;
  const answer = await call(config.urls.judgments, {
    ...submission,
    holding: holding(),
    want_next: lacking,
  });
  showWork(answer.work);
  if (answer.item) take(answer.item);
}

async function fill() {
  if (loading) return;
  loading = true;
  try {
    while (upcoming.length < PRELOADED) {
      const { item, work } = await call(config.urls.next, { holding: holding() });
      showWork(work);
      if (!item) break;
      take(item);
    }
    if (!current) showEmpty();
  } catch (problem) {
    explain(problem);
  } finally {
    loading = false;
  }
}

function take(item) {
  if (holding().includes(item.assignment) || outbox.has(item.assignment)) return;
  if (current) upcoming.push(item);
  else show(item);
}

// ------------------------------------------------------------------------------------ the item

function show(item) {
  current = item;
  byId("empty").hidden = true;
  byId("item").hidden = false;
  byId("prompt").replaceChildren(...item.prompt.map(turn));
  byId("responses").replaceChildren(...item.responses.map(card));
  byId("responses").dataset.count = item.responses.length;
  byId("responses").lang = byId("prompt").lang = item.language || "";
  byId("reason").value = item.draft?.reason ?? "";
  byId("answer").classList.remove("writing");
  form.show(item, item.draft?.answer ?? null);
  active = { ms: 0, since: null, last: 0 };
  touched();
  window.scrollTo(0, 0);
  byId("item-heading").focus({ preventScroll: true });
}

function turn(message) {
  const element = document.createElement("div");
  element.className = `turn ${message.role} prose`;
  const role = document.createElement("span");
  role.className = "role";
  role.textContent = text(message.role);
  const body = document.createElement("div");
  body.dir = "auto";
  // The server made this HTML from Markdown and sieved it (annotation/rendering.py).
  body.innerHTML = message.html;
  element.append(role, body);
  return element;
}

function card(response, position) {
  const article = byId("response-card").content.firstElementChild.cloneNode(true);
  const letter = String.fromCharCode(65 + position);
  article.dataset.position = position;
  article.querySelector(".letter").textContent = letter;
  article.setAttribute("aria-label", text("response", { letter }));
  const only = response.messages.length === 1;
  const turns = response.messages.map(turn);
  if (only) turns[0].querySelector(".role").hidden = true;
  article.querySelector(".body").replaceChildren(...turns);
  if (!response.messages.some((message) => message.text.trim())) {
    article.querySelector(".body").append(Object.assign(document.createElement("p"), {
      className: "muted", textContent: text("blank"),
    }));
  }
  return article;
}

function showEmpty() {
  current = null;
  byId("item").hidden = true;
  byId("empty").hidden = false;
}

function advance() {
  current = null;
  const item = upcoming.shift();
  if (item) show(item);
  else byId("item").hidden = true;
}

// ---------------------------------------------------------------------------------- the deeds

function submit() {
  const answer = form.answer();
  if (!current || answer === null) {
    say(form.hint());
    return;
  }
  clearTimeout(draftTimer);
  const submission = {
    assignment: current.assignment,
    client_id: crypto.randomUUID(),
    answer,
    seconds: Math.round(activeMs() / 100) / 10,
    reason: byId("reason").value,
  };
  if (!outbox.add(submission)) {
    say(text("storageFull"), "error");
    return;
  }
  say("");
  advance();
  outbox.flush().then(fill);
}

async function undo() {
  try {
    await outbox.flush();
    if (outbox.size) return say(text("waiting", { count: outbox.size }), "warn");
    const { item, work } = await call(config.urls.undo);
    showWork(work);
    if (!item) return say(text("nothingToUndo"));
    upcoming = upcoming.filter((other) => other.assignment !== item.assignment);
    if (current) upcoming.unshift(current);
    show(item);
    say(text("undone"));
  } catch (problem) {
    explain(problem);
  }
}

async function skip(reason) {
  if (!current) return;
  const given = current.assignment;
  advance();
  try {
    const { item, work } = await call(config.urls.skip, {
      assignment: given, reason, holding: holding(),
    });
    showWork(work);
    if (item) take(item);
    if (!current) fill();
  } catch (problem) {
    explain(problem);
  }
}

function changed() {
  touched();
  byId("submit").disabled = form.answer() === null;
  clearTimeout(draftTimer);
  draftTimer = setTimeout(saveDraft, DRAFT_MS);
  if (byId("at-once")?.checked && form.isOneStep && form.answer() !== null) submit();
}

async function saveDraft() {
  if (!current) return;
  const draft = { answer: form.draft(), reason: byId("reason").value };
  try {
    await call(config.urls.draft, { assignment: current.assignment, draft }, "PUT");
  } catch {
    // A draft that did not arrive is sent again with the next change; the answer has the outbox.
  }
}

// -------------------------------------------------------------------------------- what is said

function say(message, kind = "") {
  const status = byId("status");
  status.textContent = message;
  status.className = `status ${kind}`;
}

function explain(problem) {
  if (problem instanceof Refused) {
    if (problem.status === 401 || problem.status === 403) say(text("signedOut"), "error");
    else say(problem.message, "error");
    if (!current && !upcoming.length) showEmpty();
  } else {
    say(text("offline"), "warn");
  }
}

function outboxChanged(problem) {
  const count = outbox.size;
  byId("outbox").hidden = count === 0;
  byId("outbox").textContent = count ? text("waiting", { count }) : "";
  if (problem instanceof Refused) explain(problem);
}

function showWork(work) {
  byId("done-today").textContent = work.done_today;
  byId("done").textContent = work.done;
  byId("left").textContent = work.left;
  const bar = byId("work-bar");
  bar.max = Math.max(work.done + work.left, 1);
  bar.value = work.done;
}

// ------------------------------------------------------------------- time that was really spent

function touched() {
  const now = performance.now();
  activeMs();
  active.since = document.hidden ? null : now;
  active.last = now;
}

function activeMs() {
  if (active.since !== null) {
    const until = Math.min(performance.now(), active.last + IDLE_MS);
    active.ms += Math.max(until - active.since, 0);
    active.since = performance.now() > until ? null : until;
  }
  return active.ms;
}

document.addEventListener("visibilitychange", () => {
  activeMs();
  active.since = document.hidden ? null : performance.now();
  active.last = performance.now();
});
for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
  document.addEventListener(kind, touched, { passive: true });
}

// ------------------------------------------------------------------------------------- the keys

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("textarea, input[type=text], select");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const onControl = event.target.closest("button, a, summary");
  if (event.key === "Enter" && !onControl) submit();
  else if (event.key === "u") undo();
  else if (event.key === "s") byId("skip-dialog").showModal();
  else if (event.key === "r") byId("reason").focus();
  else if (event.key === "g") byId("guidelines")?.showModal();
  else if (event.key === "?") byId("keys").showModal();
  else if (!current || !form.key(event.key)) return;
  event.preventDefault();
});

byId("submit").addEventListener("click", submit);
byId("undo").addEventListener("click", undo);
byId("reason").addEventListener("input", changed);
byId("reason-open").addEventListener("click", () => {
  const open = byId("answer").classList.toggle("writing");
  byId("reason-open").setAttribute("aria-expanded", String(open));
  if (open) byId("reason").focus();
});
byId("skip").addEventListener("click", () => byId("skip-dialog").showModal());
byId("skip-dialog").addEventListener("close", () => {
  const reason = byId("skip-dialog").returnValue;
  byId("skip-dialog").returnValue = "";
  if (reason) skip(reason);
});
for (const opener of document.querySelectorAll("[data-opens]")) {
  opener.addEventListener("click", () => byId(opener.dataset.opens).showModal());
}
const atOnce = byId("at-once");
if (atOnce) {
  atOnce.checked = localStorage.getItem("accord:at-once") === "1";
  atOnce.addEventListener("change", () => {
    localStorage.setItem("accord:at-once", atOnce.checked ? "1" : "0");
    atOnce.blur();
  });
}
byId("again").addEventListener("click", fill);
window.addEventListener("online", () => outbox.flush().then(fill));

outboxChanged();
outbox.flush().then(fill);
