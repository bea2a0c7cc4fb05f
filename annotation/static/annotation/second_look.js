// A second look: one item with what labelers said of it, without names, and a decision with a reason.
//
// The item, its answer form and its keys are those of the labeling page (item.js, forms/*.js,
// keys.js). There is no outbox: who decides sees what others said, so nothing is decided without a
// line; what was entered stays until the server has it.

import { change, preferences } from "../preferences.js";
import { ActiveTime } from "./active_time.js";
import { open } from "./dialogs.js";
import { ItemView } from "./item.js";
import { Keys } from "./keys.js";
import { actFor, call, newId, Refused } from "./server.js";
import { Shortcuts } from "./shortcuts.js";

const DRAFT_MS = 800;
const LEAST_REASON = 3;

const config = JSON.parse(document.getElementById("look-config").textContent);
const byId = (id) => document.getElementById(id);
const text = (key, values = {}) => Object.entries(values)
  .reduce((found, [name, value]) => found.replace(`{${name}}`, () => value), config.texts[key]);
actFor(config.person);

const formRoot = document.querySelector("#answer-form [data-form]");
const { default: Form } = await import(formRoot.dataset.form);
const form = new Form(formRoot, { texts: config.texts, changed });
const view = new ItemView({ ...config, get coverFirst() { return Boolean(preferences.cover_first); } });
const time = new ActiveTime();
byId("kind-keys").append(document.querySelector("template[data-keys]").content);
const keys = new Keys(byId("keys"), preferences.keys ?? {}, (map) => change({ keys: map }),
  (message) => { byId("keys-said").textContent = message; }, config.texts);

let item = null;
let clientId = "";
let draftTimer = 0;
let busy = false;

// ------------------------------------------------------------------------------------ the item

function make(tag, className, content) {
  return Object.assign(document.createElement(tag), { className, textContent: content });
}

function show({ task, item: given, why, said }) {
  item = given;
  clientId = newId();
  showOnly("item");
  byId("item-number").textContent = text("itemNumber", { number: task });
  byId("criterion").hidden = !item.criterion;
  byId("criterion-name").textContent = config.criteria[item.criterion] ?? item.criterion;
  view.show(item);
  byId("reason").value = item.draft?.reason ?? "";
  form.show(item, item.draft?.answer ?? null);
  byId("why").replaceChildren(...why.map((sentence) => make("li", "", sentence)));
  byId("why").closest("section").hidden = !why.length;
  byId("said").replaceChildren(...said.map(spoken));
  showThread(task);
  allow();
  time.restart();
  window.scrollTo(0, 0);
  byId("item-heading").focus({ preventScroll: true });
}

// What one labeler said, in the letters of this screen.
function spoken({ letter, words, reason, own_letters: theirs, second_look: second }) {
  const row = document.createElement("li");
  const head = make("p", "", "");
  const who = text(second ? "adjudicator" : "labeler", { letter });
  head.append(make("strong", "", who), " ", make("span", "", words));
  row.append(head);
  if (!reason) {
    row.append(make("p", "small muted", text("noReason")));
    return row;
  }
  const quote = make("blockquote", "", reason);
  quote.dir = "auto";
  row.append(quote);
  if (theirs.length) {
    const each = theirs.map((own, place) => text("ownLetter", { here: String.fromCharCode(65 + place), theirs: own }));
    const list = new Intl.ListFormat(document.documentElement.lang || "en").format(each);
    row.append(make("p", "small muted", text("ownLetters", { list })));
  }
  return row;
}

function showThread(task) {
  const place = byId("comments");
  if (!place) return;
  const url = config.urls.comments.replace("/0/", `/${task}/`);
  globalThis.htmx?.ajax("GET", `${url}?blind=1`, { target: place, swap: "innerHTML" });
}

function showOnly(section, why = "") {
  byId("stopped-why").textContent = why;
  for (const id of ["item", "loading", "empty", "stopped"]) byId(id).hidden = id !== section;
  byId("answer-form").hidden = section !== "item";
}

function say(message, kind = "") {
  byId("status").textContent = message;
  byId("status").className = `status ${kind}`;
}

function explain(problem) {
  byId("signed-out").hidden = problem.status !== 401;
  if (problem.status === 401) return;
  if (problem instanceof Refused && problem.status < 500) say(problem.message, "error");
  else say(text("notSent"), "warn");
}

function showProgress({ waiting, own }) {
  byId("waiting").textContent = waiting;
  byId("own").textContent = own;
}

// ---------------------------------------------------------------------------------- the deeds

// Take an item: the one asked for in the address first, the next of the queue from then on.
async function take(task = null) {
  try {
    const { look, progress } = await call(config.urls.claim, { ...config.narrowing, ...(task && { task }) });
    showProgress(progress);
    if (look) show(look);
    else {
      item = null;
      say("");
      showOnly("empty");
    }
  } catch (problem) {
    explain(problem);
    item = null;
    showOnly("stopped", problem instanceof Refused ? problem.message : text("notSent"));
  }
}

// One deed at a time: pressed twice because it takes its time, it still means one.
async function once(deed) {
  if (busy || !item) return;
  busy = true;
  clearTimeout(draftTimer);
  allow();
  try {
    await deed();
  } catch (problem) {
    explain(problem);
  } finally {
    busy = false;
    allow();
  }
}

const reason = () => byId("reason").value.trim();

function decide() {
  const answer = item && !view.covered ? form.answer() : null;
  if (answer === null) return say(view.covered ? text("uncoverFirst") : form.hint());
  if (reason().length < LEAST_REASON) {
    say(text("whyFirst"));
    return byId("reason").focus();
  }
  return once(async () => {
    const body = { assignment: item.assignment, client_id: clientId, answer, reason: reason(), seconds: time.seconds };
    await call(config.urls.decide, body);
    await take();
    if (item) say(text("decided"));
  });
}

function passOver() {
  return once(async () => {
    await call(config.urls.pass, { assignment: item.assignment });
    await take();
    if (item) say(text("passedOver"));
  });
}

function changed() {
  edited();
  allow();
}

function allow() {
  formRoot.hidden = view.covered;
  byId("about").hidden = view.covered;
  byId("submit").disabled = busy || !item || view.covered || form.answer() === null || reason().length < LEAST_REASON;
}

function edited() {
  clearTimeout(draftTimer);
  draftTimer = setTimeout(saveDraft, DRAFT_MS);
}

async function saveDraft() {
  if (!item) return;
  const draft = { answer: form.draft(), reason: byId("reason").value };
  try {
    await call(config.urls.draft, { assignment: item.assignment, draft }, "PUT");
  } catch {
    // It is sent again with the next change.
  }
}

function uncover() {
  view.uncover();
  allow();
}

const DEEDS = {
  submit: decide,
  skip: passOver,
  reason: () => item && byId("reason").focus(),
  guidelines: () => open("guidelines"),
  keys: () => open("keys"),
  raw: () => item && view.toggleRaw(),
  differences: () => item && view.toggleDifferences(),
  show: uncover,
};

new Shortcuts(keys, DEEDS, () => (item && !view.covered ? form : null));
for (const button of document.querySelectorAll("[data-does]")) {
  button.addEventListener("click", () => DEEDS[button.dataset.does]());
}
byId("reason").addEventListener("input", changed);
byId("item-notices").addEventListener("click", (event) => {
  if (event.target.closest("[data-uncover]")) uncover();
});

await take(config.task);
