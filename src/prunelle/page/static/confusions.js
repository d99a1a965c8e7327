// What was given against what was answered, as a matrix, a table or a chart: each part leads to its examples.
import { button, element } from "./kit.js";

export function confusing(review) {
  const { say, of } = review;
  const body = element("div", { class: "confusions" }), ways = element("div", { class: "review-ways" });
  const how = element("p", { class: "small faint" });

  function draw() {
    const table = review.table();
    if (!table) { body.replaceChildren(element("p", { class: "faint" }, say("waiting"))); return; }
    how.textContent = table.note;
    const n = { everything: table.order.length, suspicious: 0, errors: 0 };
    for (let row = 0; row < n.everything; row++) {
      n.suspicious += table.suspect[row];
      n.errors += of.wrong(table, row);
    }
    ways.replaceChildren(...of.ways.map((kind) => button(say(kind, { n: review.int(n[kind]) }), () => review.open({ kind }), { "data-kind": kind, "aria-pressed": "false" })));
    body.replaceChildren(of.overview(review, table));
    mark();
  }

  function mark() {
    const { kind, cell } = review.kept.queue ?? {};
    for (const one of body.querySelectorAll("[data-cell]")) one.setAttribute("aria-pressed", String(kind === "cell" && one.dataset.cell === cell));
    for (const one of ways.children) one.setAttribute("aria-pressed", String(one.dataset.kind === kind));
  }

  review.on("split", draw);
  review.on("queue", mark);
  review.on("drawn", mark);
  draw();
  return element("section", { class: "card", "aria-labelledby": "review-confusions" },
    element("h2", { id: "review-confusions" }, say("confusions")), ways, body,
    element("details", {}, element("summary", { class: "small" }, say("how")), how));
}
