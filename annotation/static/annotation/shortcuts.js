// One key, one deed: what a key pressed anywhere on the labeling page does.

import { isOpen } from "./dialogs.js";

export class Shortcuts {
  // `deeds` are functions by action; `form()` is the answer form, null while it takes no answer.
  constructor(keys, deeds, form) {
    Object.assign(this, { keys, deeds, form });
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  pressed(event) {
    const withControl = event.ctrlKey || event.metaKey;
    if (isOpen() || event.altKey || event.isComposing) return;
    if (event.repeat && !event.key.startsWith("Arrow")) return this.held(event);
    if (event.key === "Enter" && withControl) this.deeds.submit();
    else if (withControl) return;
    else if (event.target.closest("textarea, input[type=text], select")) {
      // What is typed is text; Escape leads out of it.
      if (event.key === "Escape") event.target.blur();
      return;
    } else if (this.pressesControl(event) || !this.act(event.key)) return;
    event.preventDefault();
  }

  // A key that is held down says one thing once: what it said of this item is not for the next.
  held(event) {
    const typing = event.target.closest("textarea, input[type=text]");
    if (event.key === "Enter" && (!typing || event.ctrlKey || event.metaKey)) event.preventDefault();
  }

  // Space and Enter press what has the focus. But a place or a letter was pressed already, and
  // Enter after it means the whole answer.
  pressesControl({ key, target }) {
    const control = target.closest("button, a, summary, input[type=checkbox]");
    return control && (key === " " || (key === "Enter" && !control.matches(".places *, .chip, input")));
  }

  act(key) {
    const action = this.keys.actionOf(key.length === 1 ? key.toLowerCase() : key);
    if (action in this.deeds) {
      this.deeds[action]();
      return true;
    }
    const form = this.form();
    const done = Boolean(form && (action ? form.act(action) : form.key(key)));
    // The button that was pressed before is not what the next Enter means.
    if (done) document.activeElement.closest("button[data-does]")?.blur();
    return done;
  }
}
