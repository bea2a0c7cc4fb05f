// The small windows of the labeling page: skip, report, recent items, pause, view and the rest.

const byId = (id) => document.getElementById(id);

export const isOpen = () => document.querySelector("dialog[open]") !== null;

export function open(id) {
  const dialog = byId(id);
  if (dialog && !dialog.open) dialog.showModal();
}

// Ask for one of the choices of the dialog `id`; `chosen(value)` gets it, unless it was left.
export function onChoice(id, chosen) {
  const dialog = byId(id);
  dialog.addEventListener("close", () => {
    const value = dialog.returnValue;
    dialog.returnValue = "";
    if (value) chosen(value, dialog);
  });
  dialog.addEventListener("keydown", (event) => {
    // Enter in a checkbox would press the first of the choices.
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
    if (event.target.matches("textarea, input") || event.repeat || event.isComposing) return;
    dialog.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  });
}

// The list of recent items; `chosen(assignment)` is called with the one to go back to.
export function showRecent(items, texts, chosen) {
  const list = byId("recent-items");
  const now = Date.now();
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "short", timeStyle: "short",
  });
  list.replaceChildren(...items.map((item) => {
    const row = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.disabled = Date.parse(item.correctable_until) < now;
    const excerpt = document.createElement("span");
    excerpt.className = "excerpt";
    excerpt.dir = "auto";
    excerpt.textContent = item.excerpt || texts.covered;
    const about = document.createElement("small");
    about.textContent = [
      format.format(new Date(item.answered_at)),
      item.revision > 1 ? texts.corrected : "",
      button.disabled ? texts.tooLate : "",
    ].filter(Boolean).join(" · ");
    button.append(excerpt, about);
    button.addEventListener("click", () => {
      byId("recent").close();
      chosen(item.assignment);
    });
    row.append(button);
    return row;
  }));
  byId("recent-none").hidden = items.length > 0;
  open("recent");
}

// Text size and colours, kept for this person on every device.
export function bindView(preferences, change, said) {
  const form = byId("view").querySelector("form");
  const show = () => {
    form.elements.theme.value = preferences.theme ?? "system";
    form.elements.text_size.value = String(preferences.text_size ?? 100);
    form.elements.cover_first.checked = Boolean(preferences.cover_first);
  };
  show();
  form.addEventListener("change", async (event) => {
    const { name, type, checked, value } = event.target;
    const given = type === "checkbox" ? checked : name === "text_size" ? Number(value) : value;
    try {
      await change({ [name]: given });
    } catch {
      show();
      said();
    }
  });
}
