// The page about the API: finds endpoints while one types, and opens the one an address names.
//
// Without it every endpoint is there all the same, and the browser's own search finds it.

const finding = document.getElementById("finding");
const find = document.getElementById("find");
const found = document.getElementById("found");
const operations = [...document.querySelectorAll(".operation")].map((details) => ({
  details,
  entry: document.querySelector(`[data-operation="${details.querySelector(".about").id}"]`),
  text: details.querySelector("summary").textContent.toLowerCase().replace(/\s+/g, " "),
}));

function show() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { details, entry, text } of operations) {
    const fits = words.every((word) => text.includes(word));
    details.hidden = entry.hidden = !fits;
    count += fits;
  }
  for (const group of document.querySelectorAll("[data-group]")) {
    const empty = !group.querySelector("[data-operation]:not([hidden])");
    group.hidden = document.getElementById(group.dataset.group).hidden = empty;
  }
  found.textContent = words.length
    ? found.dataset.some.replace("{count}", count).replace("{all}", operations.length)
    : "";
}

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target?.closest("details");
  if (!details) return;
  details.open = true;
  target.scrollIntoView();
}

finding.hidden = false;
find.addEventListener("input", show);
addEventListener("hashchange", open);
// A field keeps its text when one comes back to the page.
show();
open();
