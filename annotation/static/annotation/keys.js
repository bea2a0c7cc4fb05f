// Which key does what. The table of keys on the page is the list of actions; each labeler may give
// an action another key, and every <kbd data-for> on the page says the one that holds.

// Keys that mean places and responses, or move about a page, are not given away.
const TAKEN = /^([0-9]|Tab|Escape|Backspace|Delete|Arrow.+|Shift|Control|Alt|Meta|CapsLock|Unidentified|Process|Dead)$/;
// Where responses are ranked, letters name them.
const RANKED = /^[a-i]$/;
const NAMES = { Enter: "↵", " ": "␣" };

export class Keys {
  // `chosen` is {action: key}; `save` keeps it; `say(text)` tells what came of a change.
  constructor(dialog, chosen, save, say, texts) {
    Object.assign(this, { dialog, save, say, texts });
    this.rows = [...dialog.querySelectorAll("tr[data-action]")];
    this.defaults = Object.fromEntries(
      this.rows.map((row) => [row.dataset.action, row.dataset.key]),
    );
    // What was chosen for actions of other kinds of task stays as it is.
    this.elsewhere = Object.fromEntries(
      Object.entries(chosen).filter(([action]) => !(action in this.defaults)),
    );
    this.letters = document.querySelector("[data-rank-board]") ? RANKED : null;
    this.map = this.withoutClashes({ ...this.defaults, ...chosen });
    this.waiting = null;
    for (const row of this.rows) this.furnish(row);
    dialog.querySelector("[data-reset-keys]").addEventListener("click", () => {
      this.map = { ...this.defaults };
      this.elsewhere = {};
      this.keep(this.texts.keysReset);
    });
    dialog.addEventListener("keydown", (event) => this.listen(event), { capture: true });
    dialog.addEventListener("close", () => this.ask(null));
    this.draw();
  }

  // Before the words the key itself, behind them the button that changes it.
  furnish(row) {
    const kbd = document.createElement("kbd");
    kbd.dataset.for = row.dataset.action;
    row.insertCell(0).append(kbd);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = this.texts.changeKey;
    button.setAttribute("aria-label", `${this.texts.changeKey}: ${row.cells[1].textContent}`);
    button.addEventListener("click", () => this.ask(row));
    row.insertCell().append(button);
  }

  // A key chosen where it was free may mean something else here; then the default holds.
  withoutClashes(chosen) {
    const map = Object.fromEntries(Object.keys(this.defaults).map((action) => [action, chosen[action]]));
    const clashes = (action) => map[action] !== this.defaults[action]
      && (this.isTaken(map[action])
        || Object.keys(map).some((other) => other !== action && map[other] === map[action]));
    for (let action; (action = Object.keys(map).find(clashes));) map[action] = this.defaults[action];
    return map;
  }

  isTaken(key) {
    return TAKEN.test(key) || Boolean(this.letters?.test(key));
  }

  actionOf(key) {
    return Object.keys(this.map).find((action) => this.map[action] === key) ?? null;
  }

  ask(row) {
    this.waiting = row;
    for (const other of this.rows) {
      other.querySelector("button").setAttribute("aria-pressed", String(other === row));
    }
    this.say(row ? this.texts.pressNewKey : "");
  }

  listen(event) {
    if (!this.waiting || event.ctrlKey || event.metaKey || event.altKey) return;
    if (["Shift", "Tab"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const { action } = this.waiting.dataset;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const holder = this.actionOf(key);
    if (key === "Escape") this.ask(null);
    else if (this.isTaken(key) || (holder && holder !== action)) this.say(this.texts.keyTaken);
    else {
      this.map[action] = key;
      this.ask(null);
      this.keep(this.texts.keySet);
    }
  }

  async keep(message) {
    this.draw();
    const changed = Object.entries(this.map).filter(([a, key]) => key !== this.defaults[a]);
    const given = changed.map(([, key]) => key);
    const others = Object.entries(this.elsewhere).filter(([, key]) => !given.includes(key));
    try {
      await this.save(Object.fromEntries([...others, ...changed]));
      this.say(message);
    } catch {
      this.say(this.texts.notSaved);
    }
  }

  draw() {
    for (const kbd of document.querySelectorAll("kbd[data-for]")) {
      const key = this.map[kbd.dataset.for] ?? "";
      kbd.textContent = NAMES[key] ?? key;
    }
  }
}
