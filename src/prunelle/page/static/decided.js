// All decisions, the last first; each can be taken back.
import { button, element } from "./kit.js";

const FIRST = 50;

export function deciding(review) {
  const { say } = review;
  const title = element("h2", { id: "review-decided" }), list = element("ol", { class: "review-decided" });
  const none = element("p", { class: "faint" }, say("no_decisions")), more = button("", () => { shown += FIRST; draw(); });
  let shown = FIRST;

  const when = (at) => {
    const date = new Date(at);
    return Number.isNaN(date.getTime()) ? at : new Intl.DateTimeFormat(review.language, { dateStyle: "medium", timeStyle: "short" }).format(date);
  };

  async function takeBack(entry) {
    try { review.changed(await review.ask({ type: "forget", file: entry.file })); } catch (error) { review.failed(error); }
  }

  function line(entry) {
    const { name, was, by, at, place } = entry;
    const given = review.of.said(review, was ?? "");
    const label = element("bdi", { class: "mono small" }, name);
    const open = place ? button(label, () => look(place), { class: "plain" }) : element("span", { title: say("not_here") }, label);
    return element("li", {}, open,
      element("span", { class: "small" }, entry.action === "relabel" ? `${given} → ${review.of.said(review, entry.label)}` : `${given} · ${review.decision(entry)}`,
        element("span", { class: "faint" }, by || at ? ` · ${[by, at && when(at)].filter(Boolean).join(", ")}` : "")),
      button(say("take_back"), () => takeBack(entry), { "aria-label": say("take_back_name", { name }), class: "small" }));
  }

  async function look([split, row]) {
    if (split !== review.kept.split) await review.choose(split);
    review.open({ kind: "everything" }, { split, row });
    review.emit("chosen");
  }

  function draw() {
    const { decisions } = review;
    title.textContent = say("decisions", { n: review.int(decisions.length) });
    none.hidden = decisions.length > 0;
    list.replaceChildren(...decisions.slice(-shown).reverse().map(line));
    more.hidden = decisions.length <= shown;
    more.textContent = say("more", { n: review.int(decisions.length - shown) });
  }

  review.on("decided", draw);
  draw();
  return element("section", { class: "card", "aria-labelledby": "review-decided" }, title, none, list, more);
}
