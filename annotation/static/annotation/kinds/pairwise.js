// Pairwise: one scale from "A significantly better" to "B significantly better", tie and both bad.

const KEYS = { t: "tie", 0: "tie", b: "both_bad", 9: "both_bad" };

export class PairwiseForm {
  isOneStep = true;

  constructor(root, config, onChange) {
    this.choices = [...root.querySelectorAll("input[name=choice]")];
    this.texts = config.texts;
    this.onChange = onChange;
    for (const choice of this.choices) choice.addEventListener("change", () => this.chosen());
  }

  show(_item, answer) {
    for (const choice of this.choices) {
      choice.checked = answer !== null && choice.value === answer.choice
        && (choice.dataset.strength || null) === (answer.strength ?? null);
    }
    this.mark();
  }

  get selected() {
    return this.choices.find((choice) => choice.checked);
  }

  answer() {
    const choice = this.selected;
    return choice ? { choice: choice.value, strength: choice.dataset.strength || null } : null;
  }

  draft() {
    return this.answer();
  }

  hint() {
    return this.texts.chooseFirst;
  }

  key(key) {
    const sides = this.choices.filter((choice) => "ab".includes(choice.value));
    const choice = key in KEYS
      ? this.choices.find((other) => other.value === KEYS[key])
      : sides[Number(key) - 1];
    if (!choice) return false;
    choice.checked = true;
    this.chosen();
    return true;
  }

  chosen() {
    this.mark();
    this.onChange();
  }

  mark() {
    const side = this.selected?.value;
    for (const [position, card] of document.querySelectorAll("#responses article").entries()) {
      card.classList.toggle("preferred", side === "ab"[position]);
    }
    document.getElementById("chosen").textContent = this.selected?.getAttribute("aria-label") ?? "";
    document.getElementById("submit").disabled = !side;
  }
}
