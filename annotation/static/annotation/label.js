// The labeling page: shows one item, keeps the next ones ready, and sends answers through an outbox.
//
// What an answer looks like is the form's business (forms/*.js), what a text looks like item.js's;
// which items there are, supply.js's; this module knows drafts and what may be done with an item.
// Nothing is shown as done before it lies in the outbox, which survives the tab.

import { change, preferences } from "../preferences.js";
import { ActiveTime } from "./active_time.js";
import { bindView, onChoice, open, showRecent } from "./dialogs.js";
import { Explanation } from "./explanation.js";
import { ItemView } from "./item.js";
import { KeptItems } from "./kept_items.js";
import { keepPage } from "./keep_page.js";
import { Keys } from "./keys.js";
import { Outbox } from "./outbox.js";
import { Pasting } from "./pasting.js";
import { actFor, call, isSignedInAs, newId } from "./server.js";
import { Shortcuts } from "./shortcuts.js";
import { Status } from "./status.js";
import { Supply } from "./supply.js";

const DRAFT_MS = 800;

const config = JSON.parse(document.getElementById("labeling-config").textContent);
const byId = (id) => document.getElementById(id);
actFor(config.person);

const formRoot = document.querySelector("#answer-form [data-form]");
const { default: Form } = await import(formRoot.dataset.form);
const form = new Form(formRoot, { texts: config.texts, changed });
const view = new ItemView({ ...config, get coverFirst() { return Boolean(preferences.cover_first); } });
const time = new ActiveTime();
const pasting = new Pasting();
// Who only looks at the page as a labeler would leaves nothing that another page would send.
const key = `${config.trial ? "accord-trial" : "accord"}:${config.person}:${config.project}`;
const outbox = new Outbox(key, (submission) => supply.send(submission), (problem) => status.outboxChanged(problem));
const status = new Status(config, outbox);
const kept = new KeptItems(key);
const supply = new Supply({
  urls: config.urls, outbox, kept, status, shown: show, without: showOnly, told,
});
const explanation = new Explanation(config.explained, () => supply.answered());
// The kind's own keys come first in the table.
byId("kind-keys").append(document.querySelector("template[data-keys]").content);
const keys = new Keys(byId("keys"), preferences.keys ?? {}, (map) => change({ keys: map }),
  (message) => { byId("keys-said").textContent = message; }, config.texts);

let correcting = false;
let answered = null;
let draftTimer = 0;
let bringing = false;

// ------------------------------------------------------------------------------------ the item

function show(item, { again = false }) {
  // What is asked there is asked of the item before.
  for (const id of ["skip-dialog", "report"]) byId(id).close();
  answered = item.draft;
  correcting = again;
  showOnly("item");
  byId("correcting").hidden = !again;
  explanation.release();
  byId("answer").classList.toggle("screening", isScreening());
  byId("criterion").hidden = !item.criterion;
  byId("criterion-name").textContent = config.criteria[item.criterion] ?? item.criterion;
  view.show(item);
  byId("reason").value = item.draft?.reason ?? "";
  byId("answer").classList.remove("writing");
  form.show(item, item.draft?.answer ?? null);
  allow();
  time.restart(item.seconds);
  pasting.restart(item.draft?.pasted);
  window.scrollTo(0, 0);
  byId("item-heading").focus({ preventScroll: true });
}

function showOnly(section, why = "") {
  if (section === "empty" && supply.screening?.state === "over") return location.assign(config.urls.start);
  if (section === "empty" && supply.screening) [section, why] = ["stopped", status.text("goldIsMissing")];
  byId("stopped-why").textContent = why;
  for (const id of ["item", "loading", "empty", "stopped"]) byId(id).hidden = id !== section;
  byId("answer-form").hidden = section !== "item";
}

// Items of training and exam come one by one; their answers cannot be taken back.
function isScreening() {
  return ["training", "exam"].includes(supply.current?.purpose);
}

// What the server says besides the next item.
function told({ explained }) {
  if (explained && explained.assignment === explanation.assignment) explanation.show(explained);
}

// ---------------------------------------------------------------------------------- the deeds

function submit() {
  if (explanation.isOpen) return explanation.close();
  if (explanation.assignment) return status.showWaiting();
  const answer = supply.current && !view.covered ? form.answer() : null;
  if (answer === null) return status.say(view.covered ? status.text("uncoverFirst") : form.hint());
  return keep("judgments", {
    answer, seconds: time.seconds, reason: byId("reason").value, pasted: pasting.count,
  });
}

function keep(deed, fields) {
  clearTimeout(draftTimer);
  draftTimer = 0;
  const submission = { deed, assignment: supply.current.assignment, client_id: newId(), ...fields };
  if (!outbox.add(submission)) return status.say(status.text("storageFull"), "error");
  status.say(correcting ? status.text("correctedNow") : "");
  if (deed === "judgments" && supply.current.purpose === "training") return learn(submission);
  supply.answered();
  return outbox.flush().then(() => supply.fill());
}

// The item stays until what was expected is here; without a line that is as long as it takes.
async function learn({ assignment }) {
  explanation.awaitFor(assignment);
  await outbox.flush();
  const isRefused = !explanation.isOpen && !outbox.answered(assignment);
  if (isRefused && supply.current?.assignment === assignment) supply.answered();
  await supply.fill();
}

// Put the item on screen back in the row, with what was entered.
function setAside() {
  if (!supply.current) return;
  if (draftTimer) saveDraft();
  if (!correcting) supply.putBack({ ...supply.current, draft: draft(), seconds: time.seconds });
}

async function undo() {
  if (isScreening()) return status.say(status.text("noUndo"));
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
    supply.remove(item.assignment);
    if (supply.current?.assignment !== item.assignment) setAside();
    supply.show(item, { again });
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
  const { assignment } = supply.current;
  call(config.urls.draft, { assignment, draft: answered }, "PUT").catch(() => {});
  supply.advance();
}

// Another tab answered this item.
function drop(assignment) {
  supply.remove(assignment);
  if (supply.current?.assignment !== assignment) return;
  clearTimeout(draftTimer);
  supply.advance();
  status.say(status.text("elsewhere"));
  supply.fill();
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

const draft = () => ({
  answer: form.draft(),
  reason: byId("reason").value,
  ...(pasting.count && { pasted: pasting.count }),
});

async function saveDraft() {
  clearTimeout(draftTimer);
  draftTimer = 0;
  if (!supply.current) return;
  supply.current.draft = draft();
  supply.keep();
  try {
    await call(config.urls.draft, { assignment: supply.current.assignment, draft: supply.current.draft }, "PUT");
  } catch {
    // A draft that did not arrive is kept on this device and sent again with the next change.
  }
}

async function report(reason, dialog) {
  const note = dialog.querySelector("textarea");
  const skips = dialog.querySelector("[name=skip]").checked;
  const { assignment } = supply.current;
  try {
    await call(config.urls.report, { assignment, reason, note: note.value });
    note.value = "";
    // It may have been answered meanwhile.
    if (skips && supply.current?.assignment === assignment) keep("skip", { reason: "reported" });
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
  if (!("cover_first" in given) || !supply.current || supply.current.covered) return;
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
  skip: () => (isScreening() ? status.say(status.text("noSkip")) : supply.current && open("skip-dialog")),
  reason: () => supply.current && openReason(),
  guidelines: readGuidelines,
  keys: () => open("keys"),
  more: () => open("more"),
  view: () => open("view"),
  report: () => supply.current && open("report"),
  recent,
  pause,
  raw: () => supply.current && view.toggleRaw(),
  differences: () => supply.current && view.toggleDifferences(),
  show: uncover,
  leave,
};

new Shortcuts(keys, DEEDS, () => (supply.current && !view.covered && !explanation.assignment ? form : null));
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
onChoice("skip-dialog", (reason) => { if (supply.current) keep("skip", { reason }); });
onChoice("report", (reason, dialog) => { if (supply.current) report(reason, dialog); });
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
    supply.fill();
  });
}

// ------------------------------------------------------------------------- coming and going back

// Somebody else may have signed in in another tab: then this page is not theirs.
async function resume() {
  try {
    if (!(await isSignedInAs(config.urls.me, config.username))) return location.reload();
    await outbox.flush();
    await supply.fill();
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
if (!config.trial) keepPage(config.urls.worker);

status.outboxChanged();
await outbox.flush();
if (config.correct) await correct(config.correct);
await supply.fill();
