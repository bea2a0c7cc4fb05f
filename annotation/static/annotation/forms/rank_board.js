// The board on which responses are put in order: drag a letter, type the letters from best to
// worst, move one with the arrows, or press a place below each response.
//
// `places[position]` is the place given to a response, or null. An order that nobody touched has
// nulls and cannot be sent. Only the letters can be dragged, so a finger on the text still scrolls.

import { Dragging } from "./dragging.js";

const letterOf = (position) => String.fromCharCode(65 + position);

export class RankBoard {
  constructor(root, { texts, changed }) {
    Object.assign(this, { root, texts, changed });
    this.ties = root.dataset.ties === "true";
    this.tray = root.querySelector("[data-tray]");
    this.order = root.querySelector("[data-order]");
    this.said = root.querySelector("[data-said]");
    this.places = [];
    this.moved = null;
    this.tieNext = false;
    root.querySelector("[data-clear]").addEventListener("click", () => {
      this.places.fill(null);
      this.moved = null;
      this.settle();
    });
    this.dragging = new Dragging(root, (chip, target) => {
      this.dropped(Number(chip.dataset.chip), target);
    });
    root.addEventListener("click", (event) => this.clicked(event));
  }

  show(item, draft) {
    const k = item.responses.length;
    const kept = draft?.places ?? draft?.ranks;
    this.places = kept?.length === k ? [...kept] : new Array(k).fill(null);
    this.tieNext = false;
    this.moved = null;
    this.excerpts = item.responses.map((response) =>
      response.messages.map((message) => message.text).join(" ").trim().slice(0, 60));
    document.querySelectorAll("#responses article").forEach((card, position) => {
      card.querySelector(".controls").append(this.placeButtons(position, k));
    });
    this.draw();
  }

  placeButtons(position, k) {
    const group = document.createElement("div");
    group.className = "places";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", this.texts.placeOf.replace("{letter}", letterOf(position)));
    for (let place = 1; place <= k; place += 1) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = place;
      button.addEventListener("click", () => this.press(position, place));
      group.append(button);
    }
    return group;
  }

  // 1, 3, 3 says the same as 1, 2, 2: ranks are one more than the number of better ones.
  ranks() {
    if (!this.places.length || this.places.includes(null)) return null;
    return this.places.map((own) => 1 + this.places.filter((other) => other < own).length);
  }

  draft() {
    return { places: this.places };
  }

  // ------------------------------------------------------------------------------ what is moved

  // The positions at each place, best first.
  groups() {
    const at = new Map();
    this.places.forEach((place, position) => {
      if (place !== null) at.set(place, [...(at.get(place) ?? []), position]);
    });
    return [...at].sort(([a], [b]) => a - b).map(([, positions]) => positions);
  }

  setGroups(groups) {
    this.places.fill(null);
    let place = 1;
    for (const group of groups.filter((some) => some.length)) {
      for (const position of group) this.places[position] = place;
      place += group.length;
    }
  }

  // Take `position` out and put it before place number `index` (a gap), or into it (a tie).
  put(position, index, into) {
    const groups = this.groups();
    if (into) groups[index].push(position);
    const cleaned = groups.map((group, at) =>
      group.filter((other, nth) => other !== position || (into && at === index && nth === group.length - 1)));
    if (!into) cleaned.splice(index, 0, [position]);
    this.setGroups(cleaned);
    this.settle(position);
  }

  press(position, place) {
    if (this.places[position] === place) this.places[position] = null;
    else {
      if (!this.ties) this.places = this.places.map((other) => (other === place ? null : other));
      this.places[position] = place;
    }
    this.settle(position);
  }

  settle(position = this.moved) {
    this.moved = position;
    this.tieNext = false;
    this.draw();
    this.changed();
  }

  // One step better (-1) or worse (1): out of a tie, or past the neighbour.
  step(direction) {
    const position = this.chip() ?? this.moved;
    if (position === null || this.places[position] === null) return false;
    const groups = this.groups();
    const at = groups.findIndex((group) => group.includes(position));
    const alone = groups[at].length === 1;
    if (alone && (at + direction < 0 || at + direction >= groups.length)) return true;
    if (alone) this.put(position, direction < 0 ? at - 1 : at + 2, false);
    else this.put(position, direction < 0 ? at : at + 1, false);
    this.focus(position);
    return true;
  }

  tie() {
    if (!this.ties) return false;
    const position = this.chip();
    const at = this.groups().findIndex((group) => group.includes(position));
    if (position !== null && at > 0) {
      this.put(position, at - 1, true);
      this.focus(position);
    } else if (this.places.some((place) => place !== null)) {
      this.tieNext = !this.tieNext;
      this.draw();
    } else return false;
    return true;
  }

  // The letter that has the focus.
  chip() {
    const chip = document.activeElement?.closest?.("[data-chip]");
    return chip && this.root.contains(chip) ? Number(chip.dataset.chip) : null;
  }

  focus(position) {
    this.root.querySelector(`[data-chip="${position}"]`)?.focus();
  }

  // ------------------------------------------------------------------------------------ the keys

  act(action) {
    return action === "tie_next" && this.tie();
  }

  key(key) {
    if (key === "Backspace" || key === "Delete") return this.takeBack();
    if (key === "ArrowLeft") return this.step(-1);
    if (key === "ArrowRight") return this.step(1);
    // Up and down scroll the text, unless a letter has the focus.
    if (key === "ArrowUp") return this.chip() !== null && this.step(-1);
    if (key === "ArrowDown") return this.chip() !== null && this.step(1);
    const letter = key.length === 1 ? key.toLowerCase().charCodeAt(0) - 97 : -1;
    const position = /^[1-9]$/.test(key) ? Number(key) - 1 : letter;
    if (position < 0 || position >= this.places.length) return false;
    this.placeNext(position);
    return true;
  }

  placeNext(position) {
    if (this.places[position] !== null) return;
    const last = Math.max(0, ...this.places);
    this.places[position] = this.tieNext && last ? last : this.nextPlace();
    this.settle(position);
  }

  // The best place that is free; two that share place 1 take up places 1 and 2.
  nextPlace() {
    const taken = (place) => this.places.some((own) => own !== null && own <= place
      && place < own + this.places.filter((other) => other === own).length);
    let place = 1;
    while (taken(place)) place += 1;
    return place;
  }

  takeBack() {
    const last = Math.max(...this.places.map((place) => place ?? 0));
    const position = this.chip() ?? this.places.lastIndexOf(last);
    if (!last || this.places[position] === null) return false;
    this.places[position] = null;
    this.settle(null);
    return true;
  }

  // What a letter was dropped on: a gap, a place, the tray, or nothing.
  dropped(position, target) {
    const { gap, place } = target?.dataset ?? {};
    const groups = this.groups();
    if (gap !== undefined) this.put(position, Number(gap), false);
    else if (place !== undefined && !groups[place].includes(position)) {
      // Without ties it takes that place: from above, the one that is there moves up.
      const from = groups.findIndex((group) => group.includes(position));
      const beyond = !this.ties && from >= 0 && from < Number(place);
      this.put(position, Number(place) + (beyond ? 1 : 0), this.ties);
    } else if (target?.matches("[data-tray]")) {
      this.places[position] = null;
      this.settle(null);
    } else this.draw();
  }

  clicked(event) {
    const chip = event.target.closest("[data-chip]");
    if (!chip || this.dragging.justEnded) return;
    const position = Number(chip.dataset.chip);
    if (this.places[position] === null) {
      this.placeNext(position);
      this.focus(position);
    }
  }

  // ------------------------------------------------------------------------------------- drawing

  draw() {
    // The letters are made anew, also the one that is being dragged.
    this.dragging.letGo();
    const groups = this.groups();
    const unplaced = this.places.map((place, at) => (place === null ? at : -1)).filter((at) => at >= 0);
    this.tray.replaceChildren(...unplaced.map((position) => this.makeChip(position)));
    this.tray.classList.toggle("done", unplaced.length === 0);
    this.order.replaceChildren(
      ...groups.flatMap((group, index) => [this.makeGap(index), this.makePlace(group, index)]),
      this.makeGap(groups.length),
    );
    this.order.classList.toggle("tie-next", this.tieNext);
    this.said.textContent = groups.length
      ? groups.map((group) => group.map(letterOf).join(" = ")).join(" > ") : this.texts.notRanked;
    document.querySelectorAll("#responses article").forEach((card, position) => {
      card.classList.toggle("placed", this.places[position] !== null);
      card.querySelectorAll(".places button").forEach((button, index) => {
        button.setAttribute("aria-pressed", String(this.places[position] === index + 1));
      });
    });
  }

  makeChip(position) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.dataset.chip = position;
    const letter = document.createElement("strong");
    letter.textContent = letterOf(position);
    const excerpt = document.createElement("span");
    excerpt.className = "excerpt";
    excerpt.dir = "auto";
    excerpt.setAttribute("aria-hidden", "true");
    excerpt.textContent = this.excerpts[position];
    chip.append(letter, excerpt);
    return chip;
  }

  makeGap(index) {
    const gap = document.createElement("li");
    gap.className = "gap";
    gap.dataset.gap = index;
    gap.setAttribute("aria-hidden", "true");
    return gap;
  }

  makePlace(group, index) {
    const place = document.createElement("li");
    place.className = "place";
    place.dataset.place = index;
    const number = document.createElement("span");
    number.className = "number";
    number.textContent = this.places[group[0]];
    place.append(number, ...group.map((position) => this.makeChip(position)));
    return place;
  }
}
