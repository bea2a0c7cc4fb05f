/* The new run's form: which settings differ from their defaults, and finding one among many. */

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
  for (const group of form.querySelectorAll("details.group")) {
    let hits = 0;
    for (const field of group.querySelectorAll("[data-setting]")) {
      const said = `${field.dataset.setting} ${field.innerText || field.textContent}`.toLowerCase();
      field.hidden = wanted !== "" && !said.includes(wanted);
      hits += field.hidden ? 0 : 1;
    }
    group.hidden = hits === 0;
    if (wanted) {
      group.dataset.wasOpen ??= String(group.open);
      group.open = true;
    } else if (group.dataset.wasOpen) {
      group.open = group.dataset.wasOpen === "true";
      delete group.dataset.wasOpen;
    }
  }
}

if (form) {
  const search = form.querySelector("#find-setting");
  search.closest("[hidden]").hidden = false;
  search.addEventListener("input", () => find(search.value));
  // Enter here is not meant to start a run.
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  form.addEventListener("input", markChanges);
  markChanges();
}
