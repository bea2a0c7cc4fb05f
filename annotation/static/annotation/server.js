// Talking to the server: one call, with a limit on how long it may take.

const TIMEOUT_MS = 15_000;
// In characters, of at most three bytes each; the limit is 64 KiB for all that is under way.
const MOST_KEPT_ALIVE = 15_000;

let person = "";

// Whose page this is: the server refuses what somebody else's session sends from it.
export function actFor(id) {
  person = String(id);
}

// What the server said when it did not do what was asked.
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

// Throws Refused when the server answers no, and something else when it does not answer.
export async function call(url, body, method = "POST") {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(url, {
    method,
    // A draft is still sent when the page is left; the browser refuses to do so with a long one.
    keepalive: method === "PUT" && text.length < MOST_KEPT_ALIVE,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? "",
      ...(person && { "X-Accord-Person": person }),
    },
    body: text,
  });
  if (response.status === 204) return null;
  // A yes that is no JSON, or breaks off, is not Accord's: a hotel's sign-in page says yes as well.
  if (response.ok) return response.json();
  const answer = await response.json().catch(() => null);
  // Nor is such a no: what stands before Accord has a problem, and nothing was refused for good.
  const status = answer ? response.status : Math.max(response.status, 500);
  throw new Refused(status, answer?.detail ?? response.statusText);
}

// randomUUID is there on https and localhost only; a lab may label over plain http.
export const newId = () => crypto.randomUUID?.()
  ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
    (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

// Whether the session of this browser is (still) that of `username`; `me` is the API's address.
export const isSignedInAs = async (me, username) =>
  (await call(me, undefined, "GET")).username === username;
