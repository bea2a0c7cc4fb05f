// What the signed-in person has set (labelers/preferences.py), and changing it from any page.
//
//   if (preferences.cover_first) ...
//   await change({ text_size: 130 });
//
// `preferences` is one object that `change` keeps up to date. What is seen changes at once; when the
// server refuses or cannot be reached, `change` throws and everything is as it was.

const given = document.getElementById("preferences");
const root = document.documentElement;

export const preferences = given ? JSON.parse(given.textContent) : {};

function show() {
  root.dataset.theme = preferences.theme ?? "system";
  root.dataset.textSize = preferences.text_size ?? 100;
}

function csrf() {
  const cookie = document.cookie.match(/csrftoken=([^;]+)/)?.[1];
  return cookie ?? JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

async function keep(changes) {
  const response = await fetch(document.body.dataset.preferencesUrl, {
    method: "PATCH",
    // What was set last is still sent when the page is left.
    keepalive: true,
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify(changes),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? response.statusText);
}

export async function change(changes) {
  const before = Object.fromEntries(Object.keys(changes).map((name) => [name, preferences[name]]));
  Object.assign(preferences, changes);
  show();
  try {
    await keep(changes);
  } catch (problem) {
    // What somebody changed once more meanwhile is theirs.
    for (const [name, value] of Object.entries(before)) {
      if (preferences[name] === changes[name]) preferences[name] = value;
    }
    show();
    throw problem;
  }
  return preferences;
}
