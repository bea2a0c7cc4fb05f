// The answer form of most kinds, driven by the kind's template.
//
// Controls with data-field belong to the answer. Radio buttons and checkboxes carry their value as
// JSON in data-value; the field "*" merges an object into the answer. What lies in the template
// with data-per-response is put below every response, where {position}, {number} and {letter} are
// filled in and a field ending in [] is a list with one entry per response. data-key selects a
// control, data-action lets a named key do it, and data-marks names the response that it favours.

import { RankBoard } from "./rank_board.js";

const letterOf = (position) => String.fromCharCode(65 + position);

export default class FieldsForm {
  constructor(root, context) {
    Object.assign(this, context, { root });
    this.isOneStep = root.matches("[data-one-step]");
    this.perResponse = root.querySelector("template[data-per-response]");
    this.fixed = [...root.querySelectorAll("[data-field]")];
    this.controls = [];
    this.touched = new Set();
    this.current = 0;
    const board = root.querySelector("[data-rank-board]");
    this.board = board && new RankBoard(board, context);
    for (const control of this.fixed) this.listen(control);
  }

  listen(control) {
    const kind = control.matches("textarea") ? "input" : "change";
    control.addEventListener(kind, () => {
      this.touched.add(control);
      const card = control.closest("article");
      if (card) this.current = Number(card.dataset.position);
      this.draw();
      this.changed();
    });
  }

  show(item, draft) {
    this.item = item;
    this.cards = [...document.querySelectorAll("#responses article")];
    this.controls = [...this.fixed];
    this.current = 0;
    this.touched.clear();
    if (this.perResponse) this.cards.forEach((card, position) => this.furnish(card, position));
    for (const control of this.controls) this.fill(control, draft);
    this.board?.show(item, draft);
    this.draw();
  }

  furnish(card, position) {
    const values = { position, number: position + 1, letter: letterOf(position) };
    const filled = (text) => text.replace(/\{(position|number|letter)\}/g, (_, key) => values[key]);
    const copy = this.perResponse.content.cloneNode(true);
    const walker = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.nodeType === Node.TEXT_NODE) node.data = filled(node.data);
      else for (const attribute of node.attributes) attribute.value = filled(attribute.value);
    }
    const made = [...copy.querySelectorAll("[data-field]")];
    for (const control of made) this.listen(control);
    this.controls.push(...made);
    card.querySelector(".controls").append(copy);
  }

  // -------------------------------------------------------------------------- values and answer

  place(control) {
    const position = control.closest("article")?.dataset.position;
    return [control.dataset.field.replace("[]", ""), control.dataset.field.endsWith("[]") ? Number(position) : null];
  }

  fill(control, draft) {
    const [field, position] = this.place(control);
    const given = field === "*" ? draft : position === null ? draft?.[field] : draft?.[field]?.[position];
    if (control.matches("textarea")) {
      this.original = control.dataset.prefill === "response"
        ? this.item.responses[0].messages.map((message) => message.text).join("\n\n") : "";
      control.value = given ?? this.original;
      return;
    }
    const value = JSON.parse(control.dataset.value);
    if (control.type === "checkbox") control.checked = Array.isArray(given) && given.includes(value);
    else if (field === "*") {
      control.checked = Boolean(given)
        && Object.entries(value).every(([key, own]) => (given[key] ?? null) === own);
    } else control.checked = draft !== null && field in (draft ?? {}) && given === value;
  }

  // Everything said so far; what is missing is left out, or null in a list.
  draft() {
    const answer = {};
    for (const control of this.controls) {
      const [field, position] = this.place(control);
      const value = this.valueOf(control);
      if (position === null) {
        if (value !== undefined) Object.assign(answer, field === "*" ? value : { [field]: value });
        continue;
      }
      const list = (answer[field] ??= this.cards.map(() => (control.type === "checkbox" ? [] : null)));
      if (value === undefined) continue;
      if (control.type === "checkbox") list[position].push(value);
      else list[position] = value;
    }
    return this.board ? { ...answer, ...this.board.draft() } : answer;
  }

  valueOf(control) {
    if (control.matches("textarea")) return control.value;
    return control.checked ? JSON.parse(control.dataset.value) : undefined;
  }

  // Null while something is missing.
  answer() {
    if (this.missing()) return null;
    const { places: _, ...answer } = this.draft();
    return this.board ? { ...answer, ranks: this.board.ranks() } : answer;
  }

  // What is asked and not answered, as the text that says so; "" when nothing is.
  missing() {
    for (const control of this.controls) {
      if (control.matches("textarea")) {
        const text = control.value.trim();
        if (text.length < Number(control.dataset.least || 1)) return this.texts.writeMore;
        if (this.original && text === this.original.trim()) return this.texts.changeSomething;
      }
    }
    const groups = new Set(this.controls.filter((c) => c.type === "radio").map((c) => c.name));
    const chosen = new Set(this.controls.filter((c) => c.type === "radio" && c.checked).map((c) => c.name));
    if (chosen.size < groups.size) return this.perResponse && groups.size > 1 ? this.texts.answerEach : this.texts.chooseFirst;
    return this.board && !this.board.ranks() ? this.texts.placeAll : "";
  }

  hint() {
    return this.missing();
  }

  // ----------------------------------------------------------------------------------- the keys

  act(action) {
    const control = this.controls.find((other) => other.dataset.action === action);
    if (control) this.press(control);
    else if (action === "flags") this.cards[this.current]?.querySelector("input[type=checkbox]")?.focus();
    else return this.board?.act(action) ?? false;
    return true;
  }

  key(key) {
    const found = this.controls.filter((control) => control.dataset.key === key);
    const control = found.length < 2 ? found[0]
      : found.find((other) => other.closest("article") === this.cards[this.current]);
    if (control) {
      this.press(control);
      if (found.length > 1) this.goOn();
      return true;
    }
    if (this.board?.key(key)) return true;
    if (found.length === 0 && this.cards.length > 1 && ["ArrowDown", "ArrowUp"].includes(key) && this.steps) {
      this.moveTo(this.current + (key === "ArrowDown" ? 1 : -1));
      return true;
    }
    return false;
  }

  press(control) {
    if (control.matches("textarea")) return control.focus();
    control.checked = control.type === "radio" || !control.checked;
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Whether one key means another control on each response, so that one of them is the current one.
  get steps() {
    const keys = this.controls.map((control) => control.dataset.key).filter(Boolean);
    return new Set(keys).size < keys.length;
  }

  // To the next response that has no score yet.
  goOn() {
    const open = (card) => [...card.querySelectorAll("input[type=radio]")].every((c) => !c.checked);
    const next = this.cards.findIndex((card, position) => position > this.current && open(card));
    if (next >= 0) this.moveTo(next);
  }

  moveTo(position) {
    this.current = Math.max(0, Math.min(position, this.cards.length - 1));
    this.cards[this.current].scrollIntoView({ block: "nearest" });
    this.draw();
  }

  draw() {
    const marked = this.controls.find((control) => control.checked && control.dataset.marks);
    this.cards.forEach((card, position) => {
      card.classList.toggle("preferred", marked?.dataset.marks === String(position));
      card.classList.toggle("current", this.steps && position === this.current);
    });
    const chosen = this.root.querySelector("[data-chosen]");
    if (chosen) {
      chosen.textContent = this.controls.find((c) => c.checked)?.getAttribute("aria-label") ?? "";
    }
  }
}
