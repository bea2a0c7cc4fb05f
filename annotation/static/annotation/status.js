// What the labeling page says of itself: what is saved where, how far the labeler is, what went wrong.

import { Refused } from "./server.js";

// An answer that is on its way no longer than this needs no words.
const UNNOTICED_MS = 2000;
const byId = (id) => document.getElementById(id);

export class Status {
  constructor(config, outbox) {
    Object.assign(this, { config, outbox, timer: 0 });
  }

  text(key, values = {}) {
    return Object.entries(values)
      .reduce((text, [name, value]) => text.replace(`{${name}}`, value), this.config.texts[key]);
  }

  say(message, kind = "") {
    byId("status").textContent = message;
    byId("status").className = `status ${kind}`;
  }

  explain(problem) {
    const { status } = problem;
    byId("signed-out").hidden = status !== 401;
    if (status === 401) return;
    if (!(problem instanceof Refused)) this.say(this.text("offline"), "warn");
    else if (status >= 500) this.say(this.text("serverError", { status }), "warn");
    else this.say(problem.message, "error");
  }

  outboxChanged(problem) {
    clearTimeout(this.timer);
    if (problem) this.explain(problem);
    // The oldest one counts: many that are sent one after the other are a wait as well.
    const [oldest] = this.outbox.read();
    const rest = oldest ? Math.min(oldest.kept_at - Date.now(), 0) + UNNOTICED_MS : 0;
    if (this.outbox.failures || rest <= 0 || !byId("outbox").hidden) this.showWaiting();
    else this.timer = setTimeout(() => this.showWaiting(), rest);
  }

  showWaiting() {
    const count = this.outbox.size;
    byId("outbox").hidden = count === 0;
    byId("outbox").textContent = count ? this.text("waiting", { count }) : "";
  }

  // Called with what the server said, so what was said of its absence is over.
  showWork(work) {
    byId("signed-out").hidden = true;
    if (byId("status").classList.contains("warn")) this.say("");
    byId("done-today").textContent = work.done_today;
    byId("done").textContent = work.done;
    byId("left").textContent = work.left;
    const bar = byId("work-bar");
    bar.max = Math.max(work.done + work.left, 1);
    bar.value = work.done;
    byId("guidelines-newer").hidden = (work.guidelines ?? 0) <= (this.config.guidelines ?? 0);
  }

  // How far somebody is in training or exam, in place of how much work there is.
  showScreening(screening) {
    const isOn = screening !== null && screening.state !== "over";
    byId("work-counts").hidden = isOn;
    byId("screening").hidden = !isOn;
    if (!isOn) return;
    byId("screening").textContent = this.text(screening.stage, screening);
    const bar = byId("work-bar");
    bar.max = Math.max(screening.most, 1);
    bar.value = screening.done;
  }
}
