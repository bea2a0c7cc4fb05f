// Talking to the server: one call, with a limit on how long it may take.

const TIMEOUT_MS = 15_000;

// What the server said when it did not do what was asked.
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

// Throws Refused when the server answers no, and something else when it does not answer.
export async function call(url, body, method = "POST") {
  const response = await fetch(url, {
    method,
    // A draft is still sent when the page is left.
    keepalive: method === "PUT",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? "",
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer.detail ?? response.statusText);
  return answer;
}

// randomUUID is there on https and localhost only; a lab may label over plain http.
export const newId = () => crypto.randomUUID?.()
  ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
    (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

// Whether the session of this browser is (still) that of `username`; `me` is the API's address.
export const isSignedInAs = async (me, username) =>
  (await call(me, undefined, "GET")).username === username;
