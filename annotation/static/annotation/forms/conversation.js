// A conversation written turn by turn: both sides by one person, or the next turn of two people's.

const SPEAKERS = ["user", "assistant"];

export default class ConversationForm {
  isOneStep = false;

  constructor(root, context) {
    Object.assign(this, context, { root });
    const { people, least, most } = root.dataset;
    this.alone = people === "one";
    this.least = this.alone ? Number(least) : 1;
    this.most = Number(most);
    this.turn = root.querySelector("#turn");
    this.add = root.querySelector("[data-add]");
    this.back = root.querySelector("[data-back]");
    this.ended = root.querySelector("[data-ended]");
    this.turn.addEventListener("input", () => {
      this.draw();
      this.changed();
    });
    this.ended?.addEventListener("change", () => this.changed());
    this.add?.addEventListener("click", () => this.addTurn());
    this.back?.addEventListener("click", () => this.takeBack());
  }

  show(item, draft) {
    this.first = this.after(item.prompt.filter((message) => SPEAKERS.includes(message.role)).at(-1)?.role);
    this.before = item.prompt.filter((message) => SPEAKERS.includes(message.role)).length;
    const turns = draft?.turns ?? [];
    this.written = this.alone ? turns.filter((turn) => turn.content.trim()) : [];
    this.turn.value = draft?.open ?? (this.alone ? "" : turns[0]?.content ?? "");
    if (this.ended) this.ended.checked = Boolean(draft?.ended);
    this.draw();
  }

  after(role) {
    return role === "user" ? "assistant" : "user";
  }

  get speaker() {
    return this.written.length ? this.after(this.written.at(-1).role) : this.first;
  }

  // The turns with what stands in the box.
  turns() {
    const content = this.turn.value.trim();
    return content ? [...this.written, { role: this.speaker, content }] : this.written;
  }

  answer() {
    const turns = this.turns();
    if (turns.length < this.least || turns.length > this.most) return null;
    return { turns, ended: this.ended?.checked ?? false };
  }

  draft() {
    return { turns: this.written, open: this.turn.value, ended: this.ended?.checked ?? false };
  }

  hint() {
    return this.turns().length > this.most ? this.texts.tooManyTurns
      : this.texts.writeTurns.replace("{count}", this.least);
  }

  addTurn() {
    if (!this.turn.value.trim() || this.written.length >= this.most) return;
    this.written = this.turns();
    this.turn.value = "";
    this.draw();
    this.changed();
    this.turn.focus();
  }

  takeBack() {
    const last = this.written.at(-1);
    if (!last) return;
    this.written = this.written.slice(0, -1);
    this.turn.value = last.content;
    this.draw();
    this.changed();
    this.turn.focus();
  }

  act(action) {
    if (action === "add_turn") this.addTurn();
    else return false;
    return true;
  }

  key() {
    return false;
  }

  draw() {
    const turns = this.written.map((turn) => {
      const element = document.createElement("div");
      element.className = `turn ${turn.role}`;
      const role = document.createElement("span");
      role.className = "role";
      role.textContent = this.texts[turn.role];
      const body = document.createElement("div");
      body.className = "written";
      body.dir = "auto";
      body.textContent = turn.content;
      element.append(role, body);
      return element;
    });
    document.getElementById("responses").replaceChildren(...turns);
    const label = this.texts[this.speaker === "user" ? "writeAsUser" : "writeAsAssistant"];
    this.root.querySelector("[for=turn]").textContent = label;
    if (this.back) this.back.disabled = !this.written.length;
    if (this.add) {
      this.add.disabled = !this.turn.value.trim() || this.written.length + 1 >= this.most;
    }
  }
}
