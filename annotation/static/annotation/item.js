// One item as its labeler reads it: the prompt's turns and the responses as cards.
//
// The HTML of messages was made from Markdown and sieved by the server (annotation/rendering.py);
// this module only places it. What is answered, and with which keys, is the page's business.

import { compare } from "./diff.js";

const LONG = 20_000;
const HIGHLIGHT = "differs";

const byId = (id) => document.getElementById(id);
const letterOf = (position) => String.fromCharCode(65 + position);

function make(tag, className, textContent = "") {
  return Object.assign(document.createElement(tag), { className, textContent });
}

export class ItemView {
  // What the page may read, and change only through the methods.
  covered = false;
  raw = false;
  differences = false;

  // config: texts (strings by key), coverFirst (cover every item until it is asked for).
  constructor(config) {
    this.config = config;
    this.item = null;
    this.bodies = [];
    byId("item-notices").setAttribute("aria-live", "polite");
  }

  text(key, values = {}) {
    const template = this.config.texts[key] ?? key;
    return Object.entries(values).reduce((t, [name, to]) => t.replace(`{${name}}`, () => to), template);
  }

  // Show `item`; how it is looked at (raw, with differences) stays as it was for the one before.
  show(item) {
    this.item = item;
    this.bodies = [];
    const heading = make("h2", "visually-hidden", this.text("prompt"));
    const turns = item.prompt.map((message) => this.turn(message));
    byId("prompt").replaceChildren(...(turns.length ? [heading, ...turns] : []));
    byId("responses").replaceChildren(...item.responses.map((one, at) => this.card(one, at)));
    byId("responses").dataset.count = item.responses.length;
    for (const one of this.bodies) this.fill(one);
    this.cover(Boolean(item.covered || this.config.coverFirst));
  }

  uncover() {
    if (!this.covered) return;
    this.cover(false);
    // The button that had the focus is gone.
    byId("item-heading")?.focus({ preventScroll: true });
  }

  // Texts letter by letter as they were written, or as Markdown again. Returns which it is now.
  toggleRaw() {
    this.raw = !this.raw;
    for (const one of this.bodies) this.fill(one);
    this.tell();
    return this.raw;
  }

  // Mark what differs between the responses, or stop doing so. Returns which it is now.
  toggleDifferences() {
    this.differences = !this.differences;
    this.mark();
    return this.differences;
  }

  // ------------------------------------------------------------------------------- its parts

  turn(message) {
    const element = make("div", `turn prose ${message.role}`);
    const body = make("div", "message");
    // Only what was written is in the item's language; the words around it are in the page's.
    body.lang = this.item.language || "";
    this.bodies.push({ body, message });
    element.append(make("span", "role", this.text(message.role)), body);
    return element;
  }

  card(response, position) {
    const article = byId("response-card").content.firstElementChild.cloneNode(true);
    const name = this.text("response", { letter: letterOf(position) });
    const letter = article.querySelector(".letter");
    letter.textContent = letterOf(position);
    letter.setAttribute("role", "heading");
    letter.setAttribute("aria-level", "2");
    letter.setAttribute("aria-label", name);
    article.dataset.position = position;
    article.setAttribute("aria-label", name);
    const turns = response.messages.map((message) => this.turn(message));
    if (turns.length === 1) turns[0].querySelector(".role").remove();
    article.querySelector(".body").replaceChildren(...turns);
    if (!response.messages.some((message) => message.text.trim())) {
      article.querySelector(".body").append(make("p", "blank muted", this.text("blank")));
    }
    return article;
  }

  fill({ body, message }) {
    body.className = `message${this.raw ? " raw" : ""}${message.text.length > LONG ? " long" : ""}`;
    // Where something is hidden, the server has put its code point in its place.
    if (!this.raw) body.innerHTML = message.html;
    else if (message.raw) body.innerHTML = message.raw;
    else body.textContent = message.text;
    for (const table of body.querySelectorAll(":scope .table")) {
      table.setAttribute("role", "group");
      table.setAttribute("aria-label", this.text("table"));
    }
  }

  cover(covered) {
    this.covered = covered;
    for (const id of ["prompt", "responses"]) byId(id).hidden = covered;
    this.notify("cover", covered && this.panel());
    this.tell();
  }

  panel() {
    const panel = make("section", "cover");
    const button = make("button", "primary", this.text("show"));
    button.type = "button";
    button.dataset.uncover = "";
    const heading = make("h2", "", this.text("coveredTitle"));
    panel.append(heading, make("p", "muted", this.text("coveredNotice")), button);
    return panel;
  }

  // ----------------------------------------------------------------------------- what is said

  tell() {
    this.notify("hidden", !this.covered && this.hiddenNotice());
    this.mark();
  }

  notify(name, notice) {
    document.querySelector(`#item-notices > [data-notice="${name}"]`)?.remove();
    if (!notice) return;
    const element = typeof notice === "string" ? make("p", "notice", notice) : notice;
    element.dataset.notice = name;
    byId("item-notices").append(element);
  }

  hiddenNotice() {
    const holds = (element) => element.querySelector(".hidden-character");
    const where = [...document.querySelectorAll("#responses article")]
      .filter(holds).map((article) => article.getAttribute("aria-label"));
    if (holds(byId("prompt"))) where.unshift(this.text("inPrompt"));
    return where.length && this.text("hiddenFound", { where: this.list(where) });
  }

  list(parts) {
    return new Intl.ListFormat(document.documentElement.lang || "en").format(parts);
  }

  percent(share) {
    // Not 100 % where anything differs.
    const whole = share < 1 ? Math.min(Math.round(share * 100), 99) : 100;
    return new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" })
      .format(whole / 100);
  }

  // ---------------------------------------------------------------------------- differences

  mark() {
    this.unmark();
    if (!this.differences || this.covered || !this.item) return;
    const texts = [...document.querySelectorAll("#responses article .body")].map(textOf);
    if (texts.length < 2) {
      this.notify("differences", this.text("differencesNone"));
      return;
    }
    const [first, ...others] = texts;
    const found = others.map((other) => compare(first.text, other.text, this.item.language));
    if (found.includes(null)) {
      this.notify("differences", this.text("differencesTooLong"));
      return;
    }
    const ranges = others.flatMap((other, at) => rangesOf(other, found[at].right));
    // Of several, the first is what the others are held against.
    if (others.length === 1) ranges.push(...rangesOf(first, found[0].left));
    highlight(ranges);
    this.notify("differences", this.said(found.map(({ share }) => share)));
  }

  unmark() {
    this.notify("differences", null);
    if (globalThis.CSS?.highlights) CSS.highlights.delete(HIGHLIGHT);
    for (const mark of document.querySelectorAll(`#responses mark.${HIGHLIGHT}`)) {
      const parent = mark.parentNode;
      mark.replaceWith(...mark.childNodes);
      parent.normalize();
    }
  }

  said(shares) {
    if (shares.every((share) => share === 1)) return this.text("differencesNothing");
    if (shares.length === 1) return this.text("differencesTwo", { percent: this.percent(shares[0]) });
    const each = shares.map((share, at) => `${letterOf(at + 1)} ${this.percent(share)}`);
    return this.text("differencesMany", { list: this.list(each) });
  }
}

// What is written in an element, and the text nodes that it is in.
function textOf(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT, (node) => (
    node.parentElement.closest(".role, .blank") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT
  ));
  const nodes = [];
  let [text, message] = ["", null];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const within = node.parentElement.closest(".message");
    // The last word of one message is not the first of the next.
    if (message && within !== message) text += "\n";
    message = within;
    nodes.push({ node, at: text.length });
    text += node.data;
  }
  return { text, nodes };
}

// Ranges over stretches [start, end] of a text, each within one text node.
function rangesOf({ nodes }, stretches) {
  const ranges = [];
  let number = 0;
  for (const [start, end] of stretches) {
    const endOf = (at) => nodes[at].at + nodes[at].node.data.length;
    while (endOf(number) <= start) number += 1;
    for (let at = number; at < nodes.length && nodes[at].at < end; at += 1) {
      const { node, at: begin } = nodes[at];
      if (!node.data.length) continue;
      const range = document.createRange();
      range.setStart(node, Math.max(start - begin, 0));
      range.setEnd(node, Math.min(end - begin, node.data.length));
      ranges.push(range);
    }
  }
  return ranges;
}

function highlight(ranges) {
  if (globalThis.CSS?.highlights && globalThis.Highlight) {
    const marks = new Highlight();
    for (const range of ranges) marks.add(range);
    CSS.highlights.set(HIGHLIGHT, marks);
    return;
  }
  // Wrapping changes the text nodes that later ranges of the same node stand on: the last goes first.
  for (const range of ranges.reverse()) range.surroundContents(make("mark", HIGHLIGHT));
}
