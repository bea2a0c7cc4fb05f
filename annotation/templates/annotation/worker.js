// The service worker: the labeling page opens without a line, from the copy of the last time.
//
// Pages and scripts come from the server whenever it answers; the copy is only for when it does
// not. Answers are none of its business: they wait in the page's own outbox.

const COPIES = "accord-labeling-1";
const PATIENCE_MS = 4000;
const isPage = (url) => /\/projects\/[^/]+\/label\/$/.test(url.pathname);

self.addEventListener("install", (event) => {
  // Answers and drafts go straight to the server: the last draft of a page that is being left
  // would not live to see the end of a detour.
  event.addRoutes?.({ condition: { urlPattern: "/api/*" }, source: "network" });
  self.skipWaiting();
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  // Whoever signs out leaves nothing behind for the next person at this device; nor does somebody
  // whose session ran out, once anybody signs in.
  if (request.method === "POST" && /\/(sign-(in|out)|invitations\/[^/]+)\/$/.test(url.pathname)) {
    event.waitUntil(caches.delete(COPIES));
  }
  if (request.method !== "GET") return;
  if (request.mode === "navigate" ? isPage(url) : url.pathname.startsWith("/static/")) {
    event.respondWith(fresh(event, url.pathname));
  }
});

// What a page has loaded before this worker saw it.
self.addEventListener("message", (event) => {
  event.waitUntil(Promise.all((event.data.keep ?? []).map(keep)));
});

async function keep(path) {
  const copies = await caches.open(COPIES);
  if (await copies.match(path)) return;
  const answer = await fetch(path).catch(() => null);
  if (answer && isCopy(answer)) await copies.put(path, answer);
}

// A redirect to the sign-in page is no copy of the labeling page.
const isCopy = (answer) => answer.ok && !answer.redirected && answer.type === "basic";

async function fresh(event, path) {
  const copies = await caches.open(COPIES);
  const copy = await copies.match(path);
  try {
    const signal = copy && event.request.mode === "navigate" ? AbortSignal.timeout(PATIENCE_MS) : undefined;
    const answer = await fetch(event.request, { signal });
    if (isCopy(answer)) event.waitUntil(copies.put(path, answer.clone()));
    // A server that is starting again lets its proxy answer.
    return copy && answer.status >= 500 ? copy : answer;
  } catch (problem) {
    if (copy) return copy;
    throw problem;
  }
}
