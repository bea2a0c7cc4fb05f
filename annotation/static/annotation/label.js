// The labeling page: shows one item, keeps the next one ready, and sends answers through an outbox.
//
// What an answer looks like is the kind's business (kinds/*.js); this module knows items, time,
// drafts and keys. Nothing is shown as done before it lies in the outbox, which survives the tab.

import { FINAL, Outbox } from "./outbox.js";
import { PairwiseForm } from "./kinds/pairwise.js";
import { RankingForm } from "./kinds/ranking.js";

const FORMS = { pairwise: PairwiseForm, ranking: RankingForm };
const IDLE_MS = 60_000;
const DRAFT_MS = 800;
const PRELOADED = 2;
const TIMEOUT_MS = 15_000;
const AGAIN_MS = 5000;
// An answer that is on its way no longer than this needs no words.
const UNNOTICED_MS = 2000;

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
let fillTimer = 0;
let waitingTimer = 0;
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
    // A draft is still sent when the page is left.
    keepalive: method === "PUT",
    signal: AbortSignal.timeout(TIMEOUT_MS),
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

const shown = () => [current, ...upcoming].filter(Boolean).map((item) => item.assignment);
const holding = () => [...shown(), ...outbox.assignments].slice(0, 50);

async function send({ deed, kept_at: _, ...body }) {
  try {
    const { item, work } = await call(config.urls[deed], {
      ...body,
      holding: holding(),
      want_next: upcoming.length < PRELOADED,
    });
    showWork(work);
    if (item) take(item);
  } catch (problem) {
    // What is refused because somebody else signed in here is not refused for good.
    if (FINAL.has(problem.status) && !(await isSamePerson())) throw new Refused(401, "");
    throw problem;
  }
}

const isSamePerson = async () =>
  (await call(config.urls.me, undefined, "GET")).username === config.username;

async function fill() {
  if (loading) return;
  loading = true;
  clearTimeout(fillTimer);
  try {
    while (upcoming.length < PRELOADED) {
      const { item, work } = await call(config.urls.next, { holding: holding() });
      showWork(work);
      if (!item || !take(item)) break;
    }
    if (!current) showOnly("empty");
  } catch (problem) {
    if (current || !FINAL.has(problem.status)) explain(problem);
    else byId("stopped-why").textContent = problem.message;
    if (current) return;
    showOnly(FINAL.has(problem.status) ? "stopped" : "loading");
    if (!FINAL.has(problem.status)) fillTimer = setTimeout(fill, AGAIN_MS);
  } finally {
    loading = false;
  }
}

function take(item) {
  if (holding().includes(item.assignment)) return false;
  if (current) upcoming.push(item);
  else show(item);
  return true;
}

// ------------------------------------------------------------------------------------ the item

function show(item) {
  current = item;
  showOnly("item");
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
  if (only) turns[0].querySelector(".role").remove();
  article.querySelector(".body").replaceChildren(...turns);
  if (!response.messages.some((message) => message.text.trim())) {
    article.querySelector(".body").append(Object.assign(document.createElement("p"), {
      className: "muted", textContent: text("blank"),
    }));
  }
  return article;
}

function showOnly(section) {
  for (const id of ["item", "loading", "empty", "stopped"]) byId(id).hidden = id !== section;
  byId("answer-form").hidden = section !== "item";
}

function advance() {
  current = null;
  const item = upcoming.shift();
  if (item) show(item);
  else showOnly("loading");
}

// ---------------------------------------------------------------------------------- the deeds

function submit() {
  const answer = form.answer();
  if (!current || answer === null) {
    say(form.hint());
    return;
  }
  keep("judgments", {
    answer,
    seconds: Math.round(activeMs() / 100) / 10,
    reason: byId("reason").value,
  });
}

function keep(deed, fields) {
  clearTimeout(draftTimer);
  const submission = { deed, assignment: current.assignment, client_id: newId(), ...fields };
  if (!outbox.add(submission)) return say(text("storageFull"), "error");
  say("");
  advance();
  outbox.flush().then(fill);
}

// randomUUID is there on https and localhost only; a lab may label over plain http.
const newId = () => crypto.randomUUID?.()
  ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
    (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

async function undo() {
  try {
    await outbox.flush();
    if (outbox.size) return showWaiting();
    const { item, work } = await call(config.urls.undo);
    showWork(work);
    if (!item) return say(text("nothingToUndo"));
    upcoming = upcoming.filter((other) => other.assignment !== item.assignment);
    if (current && current.assignment !== item.assignment) {
      upcoming.unshift({ ...current, draft: draft() });
    }
    show(item);
    say(text("undone"));
  } catch (problem) {
    explain(problem);
  }
}

function skip(reason) {
  if (current) keep("skip", { reason });
}

// Another tab answered this item.
function drop(assignment) {
  upcoming = upcoming.filter((item) => item.assignment !== assignment);
  if (current?.assignment !== assignment) return;
  clearTimeout(draftTimer);
  advance();
  say(text("elsewhere"));
  fill();
}

function changed() {
  edited();
  byId("submit").disabled = form.answer() === null;
  if (byId("at-once")?.checked && form.isOneStep && form.answer() !== null) submit();
}

function edited() {
  touched();
  clearTimeout(draftTimer);
  draftTimer = setTimeout(saveDraft, DRAFT_MS);
}

const draft = () => ({ answer: form.draft(), reason: byId("reason").value });

async function saveDraft() {
  clearTimeout(draftTimer);
  draftTimer = 0;
  if (!current) return;
  try {
    await call(config.urls.draft, { assignment: current.assignment, draft: draft() }, "PUT");
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
  const { status } = problem;
  byId("signed-out").hidden = status !== 401;
  if (status === 401) return;
  if (!(problem instanceof Refused)) say(text("offline"), "warn");
  else if (status >= 500) say(text("serverError", { status }), "warn");
  else say(problem.message, "error");
}

function outboxChanged(problem) {
  clearTimeout(waitingTimer);
  if (problem) explain(problem);
  if (outbox.failures || !outbox.size) showWaiting();
  else waitingTimer = setTimeout(showWaiting, UNNOTICED_MS);
}

function showWaiting() {
  const count = outbox.size;
  byId("outbox").hidden = count === 0;
  byId("outbox").textContent = count ? text("waiting", { count }) : "";
}

// Called with what the server said, so what was said of its absence is over.
function showWork(work) {
  byId("signed-out").hidden = true;
  if (byId("status").classList.contains("warn")) say("");
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
  if (document.hidden) {
    if (draftTimer) saveDraft();
  } else resume();
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
  // A place button was pressed already; Enter after it means the whole answer.
  const onControl = event.target.closest("button:not([aria-pressed]), a, summary");
  if (event.key === "Enter" && !onControl) submit();
  else if (event.key === "u") undo();
  else if (event.key === "s" && current) byId("skip-dialog").showModal();
  else if (event.key === "r" && current) openReason();
  else if (event.key === "g") byId("guidelines")?.showModal();
  else if (event.key === "?") byId("keys").showModal();
  else if (!current || !form.key(event.key)) return;
  event.preventDefault();
});

function openReason(open = true) {
  byId("answer").classList.toggle("writing", open);
  byId("reason-open").setAttribute("aria-expanded", String(open));
  if (open) byId("reason").focus();
}

byId("submit").addEventListener("click", submit);
byId("reason").addEventListener("input", edited);
byId("reason-open").addEventListener("click", () => {
  openReason(!byId("answer").classList.contains("writing"));
});
for (const button of document.querySelectorAll("[data-undo]")) {
  button.addEventListener("click", undo);
}
byId("skip").addEventListener("click", () => byId("skip-dialog").showModal());
byId("skip-dialog").addEventListener("close", () => {
  const reason = byId("skip-dialog").returnValue;
  byId("skip-dialog").returnValue = "";
  if (reason) skip(reason);
});
byId("skip-dialog").addEventListener("keydown", (event) => {
  byId("skip-dialog").querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
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
for (const button of document.querySelectorAll("[data-again]")) {
  button.addEventListener("click", () => {
    say("");
    fill();
  });
}

// Somebody else may have signed in in another tab: then this page is not theirs.
async function resume() {
  try {
    if (!(await isSamePerson())) return location.reload();
    await outbox.flush();
    await fill();
  } catch (problem) {
    explain(problem);
  }
}

window.addEventListener("online", resume);
window.addEventListener("storage", (event) => {
  if (!event.key?.startsWith(outbox.prefix)) return;
  if (event.newValue) drop(JSON.parse(event.newValue).assignment);
  outboxChanged();
});

outboxChanged();
outbox.flush().then(fill);
