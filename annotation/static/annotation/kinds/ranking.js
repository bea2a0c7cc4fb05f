// Ranking: a place for every response. Type the responses in order, or press a place on each card.
//
// `places[position]` is the place given to a response, or null. An order nobody touched has nulls
// and cannot be sent.

export class RankingForm {
  isOneStep = false;

  constructor(root, config, onChange) {
    this.list = root.querySelector("#ranking");
    this.ties = config.options.ties;
    this.texts = config.texts;
    this.onChange = onChange;
    this.places = [];
    this.tieNext = false;
    root.querySelector("#ranking-clear").addEventListener("click", () => {
      this.places.fill(null);
      this.tieNext = false;
      this.draw();
      this.onChange();
    });
  }

  show(item, answer) {
    const k = item.responses.length;
    this.places = answer?.places?.length === k ? [...answer.places]
      : answer?.ranks?.length === k ? [...answer.ranks] : new Array(k).fill(null);
    this.tieNext = false;
    for (const [position, card] of [...document.querySelectorAll("#responses article")].entries()) {
      const group = document.createElement("div");
      group.className = "places";
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", card.getAttribute("aria-label"));
      for (let place = 1; place <= k; place += 1) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = place;
        button.addEventListener("click", () => this.put(position, place));
        group.append(button);
      }
      card.querySelector("header").append(group);
    }
    this.draw();
  }

  put(position, place) {
    if (this.places[position] === place) this.places[position] = null;
    else {
      if (!this.ties) {
        this.places = this.places.map((other) => (other === place ? null : other));
      }
      this.places[position] = place;
    }
    this.draw();
    this.onChange();
  }

  answer() {
    if (!this.places.length || this.places.includes(null)) return null;
    // 1, 3, 3 says the same as 1, 2, 2: ranks are one more than the number of better ones.
    return {
      ranks: this.places.map((own) => 1 + this.places.filter((other) => other < own).length),
    };
  }

  draft() {
    return { places: this.places };
  }

  hint() {
    return this.texts.placeAll;
  }

  key(key) {
    if (key === "=" || key === "t") return this.tie();
    if (key === "Backspace") return this.takeBack();
    const letter = key.length === 1 ? key.toLowerCase().charCodeAt(0) - 97 : -1;
    const position = /^[1-9]$/.test(key) ? Number(key) - 1 : letter;
    if (position < 0 || position >= this.places.length) return false;
    if (this.places[position] === null) {
      const last = Math.max(0, ...this.places);
      const place = this.tieNext && last ? last : this.nextPlace();
      this.tieNext = false;
      this.put(position, place);
    }
    return true;
  }

  // The best place that is free; two that share place 1 take up places 1 and 2.
  nextPlace() {
    const taken = (place) => this.places.some((own) => own !== null && own <= place
      && place < own + this.places.filter((other) => other === own).length);
    let place = 1;
    while (taken(place)) place += 1;
    return place;
  }

  tie() {
    if (!this.ties || this.places.every((place) => place === null)) return false;
    this.tieNext = !this.tieNext;
    this.draw();
    return true;
  }

  takeBack() {
    const last = Math.max(...this.places.map((place) => place ?? 0));
    if (!last) return false;
    this.places[this.places.lastIndexOf(last)] = null;
    this.draw();
    this.onChange();
    return true;
  }

  draw() {
    const groups = new Map();
    for (const [position, place] of this.places.entries()) {
      if (place !== null) {
        groups.set(place, [...(groups.get(place) ?? []), String.fromCharCode(65 + position)]);
      }
    }
    const order = [...groups].sort(([a], [b]) => a - b).map(([, letters]) => letters.join(" = "));
    this.list.textContent = order.join("  >  ") + (this.tieNext ? "  =  …" : "");
    this.list.classList.toggle("muted", order.length === 0);
    if (!order.length) this.list.textContent = this.texts.notRanked;
    for (const [position, card] of [...document.querySelectorAll("#responses article")].entries()) {
      card.classList.toggle("placed", this.places[position] !== null);
      for (const [index, button] of card.querySelectorAll(".places button").entries()) {
        button.setAttribute("aria-pressed", String(this.places[position] === index + 1));
      }
    }
    document.getElementById("submit").disabled = this.answer() === null;
  }
}
