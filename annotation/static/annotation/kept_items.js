// The items that this device holds, kept so that a page opened again without a line can go on.
//
// With a line the server says what is held; this copy is only read when it does not answer.

const MOST_CHARACTERS = 1_000_000;
// The next item is on screen before the copy is written.
const LATER_MS = 150;

export class KeptItems {
  constructor(key) {
    this.key = `${key}:items`;
    this.timer = 0;
  }

  write(items) {
    clearTimeout(this.timer);
    const held = items.filter(Boolean);
    // A page that is being left has no later.
    if (document.hidden) this.store(held);
    else this.timer = setTimeout(() => this.store(held), LATER_MS);
  }

  store(items) {
    const text = JSON.stringify(items);
    try {
      // What is too much to keep is given up before an answer has no room.
      if (text.length > MOST_CHARACTERS) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, text);
    } catch {
      localStorage.removeItem(this.key);
    }
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? [];
    } catch {
      return [];
    }
  }
}
