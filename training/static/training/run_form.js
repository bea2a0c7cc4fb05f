/* The new run's form: which settings differ from their defaults, finding one among many, rules. */

const form = document.querySelector("#new-run");

function valueOf(field) {
  const control = field.querySelector("input, select");
  if (control.type === "checkbox") return String(control.checked);
  const chosen = control.multiple ? [...control.selectedOptions].map((option) => option.value) : [control.value];
  const other = field.querySelector("input[name$='_other']");
  return [...chosen, other && other !== control ? other.value : ""].filter(Boolean).join(",");
}

function isChanged(field) {
  const value = valueOf(field).trim();
  const before = field.dataset.default;
  const same = value === before || (value !== "" && Number(value) === Number(before));
  return !same && !(value === "" && field.querySelector("input[type=checkbox]") === null);
}

function markChanges() {
  for (const group of form.querySelectorAll("details.group")) {
    const fields = [...group.querySelectorAll("[data-setting]")];
    fields.forEach((field) => field.classList.toggle("changed", isChanged(field)));
    const changed = fields.filter((field) => field.classList.contains("changed")).length;
    group.querySelector("[data-changes]").textContent = changed ? form.dataset.changed.replace("0", String(changed)) : "";
  }
}

function find(text) {
  const wanted = text.trim().toLowerCase();
  for (const field of form.querySelectorAll("[data-setting]")) {
    const said = `${field.dataset.setting} ${field.innerText || field.textContent}`.toLowerCase();
    field.hidden = wanted !== "" && !said.includes(wanted);
  }
  for (const fold of form.querySelectorAll("details.group, details.more")) {
    fold.hidden = fold.querySelector("[data-setting]:not([hidden])") === null;
    if (wanted) {
      fold.dataset.wasOpen ??= String(fold.open);
      fold.open = true;
    } else if (fold.dataset.wasOpen) {
      fold.open = fold.dataset.wasOpen === "true";
      delete fold.dataset.wasOpen;
    }
  }
}

function addRule(button) {
  const field = button.closest("[data-setting]").querySelector("input");
  field.value = [field.value.trim(), button.dataset.addRule].filter(Boolean).join(", ");
  field.focus();
  markChanges();
}

if (form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-rule]");
    if (button) addRule(button);
  });
  const search = form.querySelector("#find-setting");
  search.closest("[hidden]").hidden = false;
  search.addEventListener("input", () => find(search.value));
  // Enter here is not meant to start a run.
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  form.addEventListener("input", markChanges);
  markChanges();
}
