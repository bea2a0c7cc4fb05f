// How long somebody really worked on an item: the page is visible, not paused, and something was
// done within the last minute.

const IDLE_MS = 60_000;

export class ActiveTime {
  constructor() {
    this.paused = false;
    this.restart();
    for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
      document.addEventListener(kind, () => this.touch(), { passive: true });
    }
    document.addEventListener("visibilitychange", () => this.touch());
  }

  // For the next item, on which so many seconds were spent before; a pause goes on.
  restart(seconds = 0) {
    this.ms = seconds * 1000;
    this.since = null;
    this.last = 0;
    this.touch();
  }

  touch() {
    const now = performance.now();
    this.count(now);
    this.since = document.hidden || this.paused ? null : now;
    this.last = now;
  }

  pause(paused) {
    this.count(performance.now());
    this.paused = paused;
    this.touch();
  }

  count(now) {
    if (this.since === null) return;
    const until = Math.min(now, this.last + IDLE_MS);
    this.ms += Math.max(until - this.since, 0);
    this.since = now > until ? null : until;
  }

  // In seconds, to a tenth.
  get seconds() {
    this.count(performance.now());
    return Math.round(this.ms / 100) / 10;
  }
}
