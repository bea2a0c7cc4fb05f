// Answers on their way to the server, kept in the browser until each is acknowledged.
//
// Every submission has its own client id, so sending one twice stores it once. An answer that the
// server refuses for good (400, 409, 422) leaves the outbox and is reported; anything else waits.

const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000];
const FINAL = new Set([400, 404, 409, 422]);

export class Outbox {
  constructor(key, send, onChange) {
    this.key = `${key}:outbox`;
    this.send = send;
    this.onChange = onChange;
    this.failures = 0;
    this.running = null;
  }

  read() {
    return JSON.parse(localStorage.getItem(this.key) ?? "[]");
  }

  write(waiting) {
    localStorage.setItem(this.key, JSON.stringify(waiting));
  }

  get size() {
    return this.read().length;
  }

  has(assignment) {
    return this.read().some((submission) => submission.assignment === assignment);
  }

  // False when the browser has no room to keep the answer.
  add(submission) {
    try {
      this.write([...this.read(), submission]);
      return true;
    } catch {
      return false;
    } finally {
      this.onChange();
    }
  }

  // Send what waits, oldest first; a second call joins the first.
  flush() {
    this.running ??= this.drain().finally(() => { this.running = null; });
    return this.running;
  }

  async drain() {
    clearTimeout(this.timer);
    for (let waiting = this.read(); waiting.length; waiting = this.read()) {
      const [first] = waiting;
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
      // Read again: another tab or a new answer may have written meanwhile.
      this.write(this.read().filter((other) => other.client_id !== first.client_id));
      this.onChange(problem);
    }
  }
}
