// What the checks find besides wrong labels: begun by a button, each kind a list to look through.
import { button, element } from "./kit.js";

export function oddities(review) {
  const { say } = review;
  const go = button(say("odd_do"), ask), kinds = element("div", { class: "review-ways" }), said = element("p", { class: "small faint", role: "status" });
  let known = null, asking = false;

  async function ask() {
    if (asking) return;
    asking = go.disabled = true;
    try {
      const reply = await review.ask({ type: "check" });
      if (reply.kinds) { known = reply.kinds; draw(); } else said.textContent = say("reading");
    } catch (error) { review.failed(error); }
    asking = false;
  }

  function draw() {
    go.hidden = true;
    said.textContent = known.length ? "" : say("odd_none");
    kinds.replaceChildren(...known.map(({ kind, title, findings }) =>
      button(say("odd_kind", { title, n: review.int(findings.length) }), () => open(kind, title, findings), { "data-kind": `odd ${kind}`, "aria-pressed": "false" })));
    mark();
  }

  // One after the other, each example once, with what was said of it first.
  async function open(kind, title, findings) {
    const notes = new Map(), items = [];
    for (const finding of findings) {
      for (const [split, row] of finding.places) {
        const key = review.keyOf({ split, row });
        if (notes.has(key)) continue;
        notes.set(key, finding.said);
        items.push({ split, row });
      }
    }
    for (const split of new Set(items.map((item) => item.split))) await review.load(split);
    review.open({ kind: `odd ${kind}`, title, items, notes });
  }

  const mark = () => { for (const one of kinds.children) one.setAttribute("aria-pressed", String(one.dataset.kind === review.kept.queue?.kind)); };
  const heard = ({ odd, checking }) => {
    if (checking) go.disabled = true;
    if (odd && !known) ask();
  };
  review.on("progress", heard);
  review.on("queue", mark);
  return element("section", { class: "card", "aria-labelledby": "review-odd" }, element("h2", { id: "review-odd" }, say("odd")),
    element("p", { class: "small faint" }, say("odd_text")), element("div", { class: "row review-go" }, go), said, kinds);
}
