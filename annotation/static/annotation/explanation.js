// What is said after an answer of a training: whether it was right, what was expected, and why.
//
// The item stays on screen above it, so that it can be read again; "Go on" brings the next one.

const byId = (id) => document.getElementById(id);

export class Explanation {
  // `goOn()` is called when it was read.
  constructor(texts, goOn) {
    Object.assign(this, { texts, goOn, assignment: null });
    byId("explained-go-on").addEventListener("click", () => this.close());
  }

  get isOpen() {
    return !byId("explained").hidden;
  }

  // The answer to `assignment` is on its way; nothing else may be done with the item meanwhile.
  awaitFor(assignment) {
    this.assignment = assignment;
    byId("answer-form").inert = true;
  }

  show({ verdict, right, judged, given, expected, explanation }) {
    const said = verdict === "partly"
      ? this.texts.partly.replace("{right}", right).replace("{judged}", judged)
      : this.texts[verdict || "written"];
    byId("explained").className = verdict || "written";
    byId("explained-verdict").textContent = said;
    for (const [id, text] of Object.entries({ given, expected, explanation })) {
      byId(`explained-${id}`).textContent = text;
      (byId(`explained-${id}`).closest("div") ?? byId(`explained-${id}`)).hidden = !text;
    }
    byId("answer-form").hidden = true;
    byId("explained").hidden = false;
    byId("explained-verdict").focus({ preventScroll: true });
  }

  close() {
    this.release();
    this.goOn();
  }

  release() {
    this.assignment = null;
    byId("explained").hidden = true;
    byId("answer-form").inert = false;
  }
}
