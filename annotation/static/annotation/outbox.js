// Answers on their way to the server, kept in the browser until each is acknowledged.
//
// Every submission has its own client id, so sending one twice stores it once, and its own entry
// in the storage, so two tabs never overwrite each other's. What the server refuses for good (FINAL)
// leaves the outbox and is reported; anything else waits.

const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000];
export const FINAL = new Set([400, 404, 409, 422]);

export class Outbox {
  constructor(key, send, onChange) {
    this.key = key;
    this.prefix = `${key}:outbox:`;
    this.send = send;
    this.onChange = onChange;
    this.failures = 0;
    this.running = null;
  }

  // Oldest first.
  read() {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => JSON.parse(localStorage.getItem(key)))
      .filter(Boolean)
      .sort((one, other) => one.kept_at - other.kept_at);
  }

  get size() {
    return this.read().length;
  }

  get assignments() {
    return this.read().map((submission) => submission.assignment);
  }

  answered(assignment) {
    return this.assignments.includes(assignment);
  }

  // False when the browser has no room to keep the answer.
  add(submission) {
    const kept = JSON.stringify({ ...submission, kept_at: Date.now() });
    if (!this.keep(this.prefix + submission.client_id, kept)) return false;
    this.onChange();
    return true;
  }

  keep(name, text) {
    try {
      localStorage.setItem(name, text);
      return true;
    } catch {
      // The copies of items (kept_items.js) can be had again, an answer cannot.
      const copies = `${this.key}:items`;
      if (localStorage.getItem(copies) === null) return false;
      localStorage.removeItem(copies);
      return this.keep(name, text);
    }
  }

  // Send what waits; a second call joins the first.
  flush() {
    this.running ??= this.drain().finally(() => { this.running = null; });
    return this.running;
  }

  async drain() {
    clearTimeout(this.timer);
    for (let [first] = this.read(); first; [first] = this.read()) {
      let problem;
      try {
        await this.send(first);
      } catch (thrown) {
        problem = thrown;
        if (!FINAL.has(problem.status)) {
          const delay = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
          this.failures += 1;
          this.timer = setTimeout(() => this.flush(), delay);
          this.onChange(problem);
          return;
        }
      }
      this.failures = 0;
      localStorage.removeItem(this.prefix + first.client_id);
      this.onChange(problem);
    }
  }
}
