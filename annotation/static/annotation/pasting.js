// Counts the characters that come into free text from a clipboard or by dragging.
//
// It is told with the answer, as one sign among others; nothing is kept from being pasted.

export class Pasting {
  count = 0;

  constructor() {
    document.addEventListener("paste", (event) => this.add(event, event.clipboardData));
    document.addEventListener("drop", (event) => this.add(event, event.dataTransfer));
  }

  restart(count = 0) {
    this.count = count;
  }

  add(event, data) {
    if (!event.target.closest?.("#answer textarea, #responses textarea")) return;
    this.count += data?.getData("text/plain").length ?? 0;
  }
}
