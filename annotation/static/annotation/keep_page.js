// Has the service worker keep a copy of this page and of what it loaded, for when there is no line.
//
// Only https and localhost have service workers; elsewhere the page needs the server to open.

export async function keepPage(worker) {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  // From then on it sees what the page loads; what came before is named to it.
  const seen = serviceWorker.controller ? null : new Promise((resolve) => {
    serviceWorker.addEventListener("controllerchange", resolve, { once: true });
  });
  try {
    await serviceWorker.register(worker, { scope: "/" });
    await seen;
    // What is still under way has no entry yet.
    if (document.readyState !== "complete") {
      await new Promise((resolve) => { window.addEventListener("load", resolve, { once: true }); });
    }
    const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname);
    const files = loaded.filter((path) => path.startsWith("/static/"));
    serviceWorker.controller.postMessage({ keep: [location.pathname, ...new Set(files)] });
  } catch {
    // The page works without: it only does not open without a line.
  }
}
