/* The quiz editor: a button that adds a question, and questions that hide once they are removed.
   Without it there is one empty question at the end of the page, and a box that removes. */

const list = document.getElementById("questions");
const empty = document.getElementById("empty-question");
const add = document.getElementById("add-question");

function total() {
  return document.getElementById(`id_${list.dataset.prefix}-TOTAL_FORMS`);
}

function fold(question) {
  const box = question.querySelector(".remove input");
  if (!box) return;
  box.addEventListener("change", () => {
    for (const field of question.querySelectorAll(".field:not(.remove)")) field.hidden = box.checked;
  });
}

function addQuestion() {
  const count = Number(total().value);
  if (count >= Number(list.dataset.most)) return;
  const made = document.createElement("div");
  made.append(empty.content.cloneNode(true));
  for (const node of made.querySelectorAll("[id], [name], [for], [aria-describedby]")) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      const value = node.getAttribute(name);
      if (value) node.setAttribute(name, value.replaceAll("__prefix__", String(count)));
    }
  }
  total().value = String(count + 1);
  const question = made.firstElementChild;
  list.append(question);
  fold(question);
  question.querySelector("textarea").focus();
  add.hidden = count + 1 >= Number(list.dataset.most);
}

if (list) {
  list.querySelectorAll(".question").forEach(fold);
  if (!list.closest("fieldset:disabled")) {
    add.hidden = false;
    add.addEventListener("click", addQuestion);
  }
}
