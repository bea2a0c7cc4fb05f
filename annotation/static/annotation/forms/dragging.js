// Dragging a [data-chip] with mouse, pen or finger onto a [data-gap], [data-place] or [data-tray];
// over the empty part of [data-order] the nearest gap is meant.
//
// A press that hardly moves stays a click. Only chips have `touch-action: none`, so that a finger
// anywhere else scrolls the page.

const DRAG_PX = 6;
const TARGETS = "[data-gap], [data-place], [data-tray]";

// The gap next to where the order is empty: one that has a line for itself has hardly any height.
function nearest(order, { clientX, clientY }) {
  const distance = (gap) => {
    const { left, right, top, bottom } = gap.getBoundingClientRect();
    return Math.hypot(Math.max(left - clientX, clientX - right, 0), Math.max(top - clientY, clientY - bottom, 0));
  };
  return [...(order?.querySelectorAll("[data-gap]") ?? [])]
    .sort((one, other) => distance(one) - distance(other))[0];
}

export class Dragging {
  // `dropped(chip, target)`; the target is null where the chip was let go over nothing.
  constructor(root, dropped) {
    Object.assign(this, { root, dropped, drag: null, justEnded: false });
    root.addEventListener("pointerdown", (event) => this.grab(event));
    root.addEventListener("pointermove", (event) => this.pull(event));
    root.addEventListener("pointerup", (event) => this.drop(event));
    for (const kind of ["pointercancel", "lostpointercapture"]) {
      root.addEventListener(kind, (event) => {
        if (event.pointerId === this.drag?.id) this.letGo();
      });
    }
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.giveUp();
    });
  }

  grab(event) {
    const chip = event.target.closest("[data-chip]");
    if (!chip || event.button !== 0) return;
    this.justEnded = false;
    // A second finger is not the one that drags.
    if (this.drag) return;
    // However fast it leaves the board, the pointer is followed.
    chip.setPointerCapture(event.pointerId);
    this.drag = { chip, id: event.pointerId, x: event.clientX, y: event.clientY, moving: false };
  }

  pull(event) {
    const { drag } = this;
    if (!drag || event.pointerId !== drag.id) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moving && Math.hypot(dx, dy) < DRAG_PX) return;
    if (!drag.moving) {
      drag.moving = true;
      drag.chip.classList.add("dragged");
      this.root.classList.add("dragging");
    }
    drag.chip.style.translate = `${dx}px ${dy}px`;
    this.aim(event);
  }

  aim(event) {
    this.unmark();
    const at = document.elementFromPoint(event.clientX, event.clientY);
    const under = at?.closest(TARGETS) ?? nearest(at?.closest("[data-order]"), event);
    this.drag.target = this.root.contains(under) ? under : null;
    this.drag.target?.classList.add("aimed");
  }

  drop(event) {
    const { drag } = this;
    if (this.justEnded) this.end();
    if (!drag || event.pointerId !== drag.id) return;
    this.letGo();
    if (!drag.moving) return;
    this.end();
    this.dropped(drag.chip, drag.target);
  }

  // The click that follows is the end of the drag and nothing else.
  end() {
    this.justEnded = true;
    setTimeout(() => { this.justEnded = false; });
  }

  // Everything stays as it was, also when the button is let go later.
  giveUp() {
    if (this.drag?.moving) this.justEnded = true;
    this.letGo();
  }

  letGo() {
    if (!this.drag) return;
    this.drag.chip.classList.remove("dragged");
    this.drag.chip.style.translate = "";
    this.root.classList.remove("dragging");
    this.unmark();
    this.drag = null;
  }

  unmark() {
    for (const other of this.root.querySelectorAll(".aimed")) other.classList.remove("aimed");
  }
}
