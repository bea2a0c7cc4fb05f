// Has the service worker keep a copy of this page and of what it loaded, for when there is no line.
//
// Only https and localhost have service workers; elsewhere the page needs the server to open.

export async function keepPage(worker) {
  try {
    await navigator.serviceWorker?.register(worker, { scope: "/" });
    const ready = await navigator.serviceWorker?.ready;
    const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname);
    const files = loaded.filter((path) => path.startsWith("/static/"));
    ready?.active.postMessage({ keep: [location.pathname, ...new Set(files)] });
  } catch {
    // The page works without: it only does not open without a line.
  }
}
