// The first items of an import as labelers will see them, one at a time, before anything is stored.

import { ItemView } from "./item.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const byId = (id) => document.getElementById(id);

const items = read("import-items");
const config = read("import-config");
const view = new ItemView(config);
let at = 0;

function show() {
  const item = items[at];
  view.show(item);
  byId("criterion").hidden = !item.criterion;
  byId("criterion-name").textContent = item.criterion;
  byId("item-heading").textContent = view.text("itemOf", { number: at + 1, count: items.length });
  byId("item-before").disabled = at === 0;
  byId("item-after").disabled = at === items.length - 1;
}

function go(step) {
  at = Math.min(Math.max(at + step, 0), items.length - 1);
  show();
}

byId("item-before").addEventListener("click", () => go(-1));
byId("item-after").addEventListener("click", () => go(1));
byId("item-notices").addEventListener("click", (event) => {
  if (event.target.closest("[data-uncover]")) view.uncover();
});
show();
