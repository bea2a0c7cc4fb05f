// Sends answers that wait on this device from whatever page of Accord is opened next.
//
// The labeling page sends those of its own project itself (label.js).

import { FINAL, Outbox } from "./outbox.js";
import { actFor, call } from "./server.js";

const notice = document.getElementById("waiting-answers");
const { person, projects } = notice.dataset;
actFor(person);
const labeling = document.getElementById("labeling-config");
const own = labeling ? JSON.parse(labeling.textContent).project : null;

const slugs = new Set(Object.keys(localStorage)
  .map((key) => key.split(":"))
  .filter(([app, whose, , what]) => app === "accord" && whose === person && what === "outbox")
  .map(([, , slug]) => slug));
slugs.delete(own);

const send = (slug) => ({ deed, kept_at: _, ...body }) =>
  call(`${projects}${slug}/labeling/${deed}/`, { ...body, want_next: false });

const outboxes = [...slugs].map((slug) =>
  new Outbox(`accord:${person}:${slug}`, send(slug), (problem) => told(problem)));

let sent = 0;
let refused = "";

function told(problem) {
  if (problem && FINAL.has(problem.status)) refused = problem.message;
  else if (!problem) sent += 1;
  const waiting = outboxes.reduce((count, outbox) => count + outbox.size, 0);
  const key = refused ? "refused" : waiting ? "waiting" : "sent";
  notice.textContent = notice.dataset[key].replace("{count}", waiting || sent).replace("{why}", refused);
  notice.hidden = false;
}

// Whoever used this device before leaves no items to read; their answers still wait for them.
for (const name of Object.keys(localStorage)) {
  const [app, whose, , what] = name.split(":");
  if (app === "accord" && whose !== person && what === "items") localStorage.removeItem(name);
}
for (const outbox of outboxes) outbox.flush();
window.addEventListener("online", () => outboxes.forEach((outbox) => outbox.flush()));
