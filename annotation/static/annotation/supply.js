// The items on this device: the one on screen and those kept ready behind it.
//
// It asks the server for what is missing, sends what the outbox holds, and goes on with the copies
// of the last time while there is no server.

import { FINAL } from "./outbox.js";
import { call, Refused } from "./server.js";

const PRELOADED = 3;
const AGAIN_MS = 5000;
const MOST_HELD = 50;

export class Supply {
  // `shown(item)` puts an item on screen, `without(section, why)` says why there is none, and
  // `told(answer)` hears everything that the server says.
  constructor({ urls, outbox, kept, status, shown, without, told }) {
    Object.assign(this, { urls, outbox, kept, status, shown, without, told });
    // How far somebody is in training or exam; null for those who work.
    this.screening = null;
    this.current = null;
    this.upcoming = [];
    this.timer = 0;
    this.loading = false;
    // When which item was answered here: what was asked for before may bring it once more.
    this.answeredAt = new Map();
  }

  get items() {
    return [this.current, ...this.upcoming].filter(Boolean);
  }

  get holding() {
    return [...this.items.map((item) => item.assignment), ...this.outbox.assignments].slice(0, MOST_HELD);
  }

  get isFull() {
    return this.upcoming.length >= PRELOADED;
  }

  // ------------------------------------------------------------------------------- the server

  // What the outbox calls for every submission.
  async send({ deed, kept_at: _, ...body }) {
    await this.ask(this.urls[deed], { ...body, want_next: !this.isFull });
  }

  // Ask for the next item; true unless there is none, or it is here already.
  async ask(url, body) {
    const asked = performance.now();
    const answer = await call(url, { ...body, holding: this.holding });
    const { item, work } = answer;
    this.status.showWork(work);
    if (answer.screening || item) this.screening = answer.screening;
    this.status.showScreening(this.screening);
    this.told(answer);
    if (!item) {
      // No other item is on its way: one comes at a time.
      if (this.screening && !this.current) this.without("empty");
      return false;
    }
    return this.answeredAt.get(item.assignment) > asked || this.take(item);
  }

  async fill() {
    if (this.loading) return;
    // After the last item of a training or an exam comes another page, not the next item.
    if (this.screening?.state === "over") {
      if (!this.current) this.without("empty");
      return;
    }
    this.loading = true;
    clearTimeout(this.timer);
    try {
      while (!this.isFull && await this.ask(this.urls.next, {})) {
        // One after the other: each answer names what is held by then.
      }
      if (!this.current) this.without("empty");
    } catch (problem) {
      this.failed(problem);
    } finally {
      this.loading = false;
    }
  }

  failed(problem) {
    const final = FINAL.has(problem.status);
    // Without a server, what this device still holds can be labeled.
    if (!(problem instanceof Refused) || problem.status >= 500) this.kept.read().forEach((item) => this.take(item));
    if (this.current || !final) this.status.explain(problem);
    if (!final) this.timer = setTimeout(() => this.fill(), AGAIN_MS);
    if (!this.current) this.without(final ? "stopped" : "loading", final ? problem.message : "");
  }

  // -------------------------------------------------------------------------------- the items

  take(item) {
    if (this.holding.includes(item.assignment) || this.outbox.answered(item.assignment)) return false;
    if (this.current) this.upcoming.push(item);
    else this.show(item);
    this.keep();
    return true;
  }

  show(item, how = {}) {
    this.current = item;
    this.shown(item, how);
  }

  // The next item takes the place of the one on screen.
  advance() {
    this.current = null;
    const item = this.upcoming.shift();
    if (item) this.show(item);
    else this.without("loading");
    this.keep();
  }

  answered() {
    this.answeredAt.set(this.current.assignment, performance.now());
    this.advance();
    if (this.screening && !this.current && !this.outbox.size) this.fill();
  }

  putBack(item) {
    this.upcoming.unshift(item);
  }

  remove(assignment) {
    this.upcoming = this.upcoming.filter((item) => item.assignment !== assignment);
  }

  keep() {
    this.kept.write(this.items);
  }
}
