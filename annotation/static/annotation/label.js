// The labeling page: shows one item, keeps the next ones ready, and sends answers through an outbox.
//
// What an answer looks like is the form's business (forms/*.js), what a text looks like item.js's;
// this module knows items, drafts and what may be done with them. Nothing is shown as done before
// it lies in the outbox, which survives the tab.

import { change, preferences } from "../preferences.js";
import { ActiveTime } from "./active_time.js";
import { bindView, onChoice, open, showRecent } from "./dialogs.js";
import { ItemView } from "./item.js";
import { KeptItems } from "./kept_items.js";
import { Keys } from "./keys.js";
import { FINAL, Outbox } from "./outbox.js";
import { call, isSignedInAs, newId, Refused } from "./server.js";
import { Shortcuts } from "./shortcuts.js";
import { Status } from "./status.js";

const DRAFT_MS = 800;
const PRELOADED = 3;
const AGAIN_MS = 5000;

const config = JSON.parse(document.getElementById("labeling-config").textContent);
const byId = (id) => document.getElementById(id);

const formRoot = document.querySelector("#answer-form [data-form]");
const { default: Form } = await import(formRoot.dataset.form);
const form = new Form(formRoot, { texts: config.texts, changed });
const view = new ItemView({ ...config, get coverFirst() { return Boolean(preferences.cover_first); } });
const time = new ActiveTime();
const key = `accord:${config.person}:${config.project}`;
const outbox = new Outbox(key, send, (problem) => status.outboxChanged(problem));
const status = new Status(config, outbox);
const kept = new KeptItems(key);
// The kind's own keys come first in the table.
byId("kind-keys").append(document.querySelector("template[data-keys]").content);
const keys = new Keys(byId("keys"), preferences.keys ?? {}, (map) => change({ keys: map }),
  (message) => { byId("keys-said").textContent = message; }, config.texts);

let current = null;
let upcoming = [];
let correcting = false;
let answered = null;
let draftTimer = 0;
let fillTimer = 0;
let loading = false;
let bringing = false;
// When which item was answered here: what was asked for before that may bring it once more.
const answeredAt = new Map();

// ---------------------------------------------------------------------------------- the server

const holding = () => [
  ...[current, ...upcoming].filter(Boolean).map((item) => item.assignment), ...outbox.assignments,
].slice(0, 50);

const isStale = (item, asked) => answeredAt.get(item.assignment) > asked;

async function send({ deed, kept_at: _, ...body }) {
  const asked = performance.now();
  try {
    const { item, work } = await call(config.urls[deed], {
      ...body,
      holding: holding(),
      want_next: upcoming.length < PRELOADED,
    });
    status.showWork(work);
    if (item && !isStale(item, asked)) take(item);
  } catch (problem) {
    // What is refused because somebody else signed in here is not refused for good.
    if (FINAL.has(problem.status) && !(await isSamePerson())) throw new Refused(401, "");
    throw problem;
  }
}

const isSamePerson = () => isSignedInAs(config.urls.me, config.username);

async function fill() {
  if (loading) return;
  loading = true;
  clearTimeout(fillTimer);
  try {
    while (upcoming.length < PRELOADED) {
      const asked = performance.now();
      const { item, work } = await call(config.urls.next, { holding: holding() });
      status.showWork(work);
      if (item && isStale(item, asked)) continue;
      if (!item || !take(item)) break;
    }
    if (!current) showOnly("empty");
  } catch (problem) {
    noItem(problem);
  } finally {
    loading = false;
  }
}

function noItem(problem) {
  const final = FINAL.has(problem.status);
  if (!(problem instanceof Refused) || problem.status >= 500) {
    // Without a server, what this device still holds can be labeled.
    for (const item of kept.read()) if (!outbox.answered(item.assignment)) take(item);
  }
  if (current || !final) status.explain(problem);
  if (!final) fillTimer = setTimeout(fill, AGAIN_MS);
  if (current) return;
  if (final) byId("stopped-why").textContent = problem.message;
  showOnly(final ? "stopped" : "loading");
}

function take(item) {
  if (holding().includes(item.assignment) || outbox.answered(item.assignment)) return false;
  if (current) upcoming.push(item);
  else show(item);
  kept.write([current, ...upcoming]);
  return true;
}

// ------------------------------------------------------------------------------------ the item

function show(item, { again = false } = {}) {
  // What is asked there is asked of the item before.
  for (const id of ["skip-dialog", "report"]) byId(id).close();
  current = item;
  answered = item.draft;
  correcting = again;
  showOnly("item");
  byId("correcting").hidden = !again;
  byId("criterion").hidden = !item.criterion;
  byId("criterion-name").textContent = config.criteria[item.criterion] ?? item.criterion;
  view.show(item);
  byId("reason").value = item.draft?.reason ?? "";
  byId("answer").classList.remove("writing");
  form.show(item, item.draft?.answer ?? null);
  allow();
  time.restart(item.seconds);
  window.scrollTo(0, 0);
  byId("item-heading").focus({ preventScroll: true });
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
  kept.write([current, ...upcoming]);
}

// ---------------------------------------------------------------------------------- the deeds

function submit() {
  const answer = current && !view.covered ? form.answer() : null;
  if (answer === null) return status.say(view.covered ? status.text("uncoverFirst") : form.hint());
  return keep("judgments", { answer, seconds: time.seconds, reason: byId("reason").value });
}

function keep(deed, fields) {
  clearTimeout(draftTimer);
  draftTimer = 0;
  const submission = { deed, assignment: current.assignment, client_id: newId(), ...fields };
  if (!outbox.add(submission)) return status.say(status.text("storageFull"), "error");
  answeredAt.set(current.assignment, performance.now());
  status.say(correcting ? status.text("correctedNow") : "");
  advance();
  return outbox.flush().then(fill);
}

// Put the item on screen back in the row, with what was entered.
function setAside() {
  if (!current) return;
  if (draftTimer) saveDraft();
  if (!correcting) upcoming.unshift({ ...current, draft: draft(), seconds: time.seconds });
}

async function undo() {
  await bringBack(() => call(config.urls.undo), "nothingToUndo", "undone");
}

async function correct(assignment) {
  await bringBack(() => call(config.urls.correct, { assignment }), "nothingToUndo", "", true);
}

// Show an item that was answered; everything answered must have arrived first.
async function bringBack(ask, nothing, said, again = false) {
  // Pressed twice because it takes its time, it still means one answer.
  if (bringing) return;
  bringing = true;
  try {
    await outbox.flush();
    if (outbox.size) return status.showWaiting();
    const { item, work } = await ask();
    status.showWork(work);
    if (!item) return status.say(status.text(nothing));
    upcoming = upcoming.filter((other) => other.assignment !== item.assignment);
    if (current?.assignment !== item.assignment) setAside();
    show(item, { again });
    status.say(said && status.text(said));
  } catch (problem) {
    status.explain(problem);
  } finally {
    bringing = false;
  }
}

// The answer that is stored holds, and is what the next correction begins with.
function leave() {
  if (!correcting) return;
  clearTimeout(draftTimer);
  draftTimer = 0;
  const { assignment } = current;
  call(config.urls.draft, { assignment, draft: answered }, "PUT").catch(() => {});
  advance();
}

// Another tab answered this item.
function drop(assignment) {
  upcoming = upcoming.filter((item) => item.assignment !== assignment);
  if (current?.assignment !== assignment) return;
  clearTimeout(draftTimer);
  advance();
  status.say(status.text("elsewhere"));
  fill();
}

function changed() {
  edited();
  allow();
  if (preferences.submit_at_once && form.isOneStep && form.answer() !== null) submit();
}

function allow() {
  // The form may say what the text says: the beginning of a response, or all of it.
  formRoot.hidden = view.covered;
  byId("submit").disabled = view.covered || form.answer() === null;
}

function edited() {
  clearTimeout(draftTimer);
  draftTimer = setTimeout(saveDraft, DRAFT_MS);
}

const draft = () => ({ answer: form.draft(), reason: byId("reason").value });

async function saveDraft() {
  clearTimeout(draftTimer);
  draftTimer = 0;
  if (!current) return;
  current.draft = draft();
  kept.write([current, ...upcoming]);
  try {
    await call(config.urls.draft, { assignment: current.assignment, draft: current.draft }, "PUT");
  } catch {
    // A draft that did not arrive is kept on this device and sent again with the next change.
  }
}

async function report(reason, dialog) {
  const note = dialog.querySelector("textarea");
  const skips = dialog.querySelector("[name=skip]").checked;
  const { assignment } = current;
  try {
    await call(config.urls.report, { assignment, reason, note: note.value });
    note.value = "";
    // It may have been answered meanwhile.
    if (skips && current?.assignment === assignment) keep("skip", { reason: "reported" });
    status.say(status.text("reported"));
  } catch (problem) {
    status.explain(problem);
  }
}

async function recent() {
  try {
    await outbox.flush();
    showRecent(await call(config.urls.recent, undefined, "GET"), config.texts, correct);
  } catch (problem) {
    status.explain(problem);
  }
}

function pause() {
  if (draftTimer) saveDraft();
  time.pause(true);
  open("pause");
}

function readGuidelines() {
  open("guidelines");
  const version = config.guidelines;
  if (!version || config.guidelinesRead === version) return;
  config.guidelinesRead = version;
  byId("guidelines-changed").hidden = true;
  call(config.urls.guidelines_read, { version }).catch(() => { config.guidelinesRead = null; });
}

async function changeView(given) {
  await change(given);
  if (!("cover_first" in given) || !current || current.covered) return;
  view.cover(given.cover_first);
  allow();
}

function uncover() {
  view.uncover();
  allow();
}

function openReason(opened = true) {
  byId("answer").classList.toggle("writing", opened);
  byId("reason-open").setAttribute("aria-expanded", String(opened));
  if (opened) byId("reason").focus();
}

// ------------------------------------------------------------------------------------- the keys

const DEEDS = {
  submit,
  undo,
  skip: () => current && open("skip-dialog"),
  reason: () => current && openReason(),
  guidelines: readGuidelines,
  keys: () => open("keys"),
  more: () => open("more"),
  view: () => open("view"),
  report: () => current && open("report"),
  recent,
  pause,
  raw: () => current && view.toggleRaw(),
  differences: () => current && view.toggleDifferences(),
  show: uncover,
  leave,
};

new Shortcuts(keys, DEEDS, () => (current && !view.covered ? form : null));
for (const button of document.querySelectorAll("[data-does]")) {
  button.addEventListener("click", () => {
    button.closest("dialog")?.close();
    DEEDS[button.dataset.does]();
  });
}
byId("reason").addEventListener("input", edited);
byId("reason-open").addEventListener("click", () => {
  openReason(!byId("answer").classList.contains("writing"));
});
byId("pause").addEventListener("close", () => {
  time.pause(false);
  resume();
});
byId("item-notices").addEventListener("click", (event) => {
  if (event.target.closest("[data-uncover]")) uncover();
});
onChoice("skip-dialog", (reason) => { if (current) keep("skip", { reason }); });
onChoice("report", (reason, dialog) => { if (current) report(reason, dialog); });
bindView(preferences, changeView, () => status.say(status.text("notSaved"), "warn"));
const atOnce = byId("at-once");
if (atOnce) {
  atOnce.checked = Boolean(preferences.submit_at_once);
  atOnce.addEventListener("change", () => {
    change({ submit_at_once: atOnce.checked }).catch(() => status.say(status.text("notSaved"), "warn"));
    atOnce.blur();
  });
}
for (const button of document.querySelectorAll("[data-again]")) {
  button.addEventListener("click", () => {
    status.say("");
    fill();
  });
}

// ------------------------------------------------------------------------- coming and going back

// Somebody else may have signed in in another tab: then this page is not theirs.
async function resume() {
  try {
    if (!(await isSamePerson())) return location.reload();
    await outbox.flush();
    await fill();
  } catch (problem) {
    status.explain(problem);
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden && draftTimer) saveDraft();
  else if (!document.hidden) resume();
});
window.addEventListener("online", resume);
window.addEventListener("storage", (event) => {
  if (!event.key?.startsWith(outbox.prefix)) return;
  if (event.newValue) drop(JSON.parse(event.newValue).assignment);
  status.outboxChanged();
});
// Only https and localhost have service workers; elsewhere the page needs the server to open.
navigator.serviceWorker?.register(config.urls.worker, { scope: "/" }).catch(() => {});

status.outboxChanged();
await outbox.flush();
if (config.correct) await correct(config.correct);
await fill();
