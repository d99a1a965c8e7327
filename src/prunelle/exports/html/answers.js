// Answers as bars; of a number, the number.
import { button, element, number, percent } from "./kit.js";

const MOST_BARS = 5;

export function answering(page) {
  const { say, about, state } = page, { target, classes } = about, list = element("ol", { class: "bars" });
  const took = element("small", { class: "faint" }), said = element("p", { class: "hidden-text", role: "status" });
  const more = button("", () => { state.all = !state.all; page.paint(); }, { class: "plain" });
  more.hidden = true;
  const node = element("section", { class: "card answers", hidden: true, "aria-labelledby": "answer" },
    element("h2", { id: "answer" }, say("answer"), " ", took), list, more, said);

  function bar(index, share, right) {
    const line = element("li", { class: right ? (target.thresholds ? "right told" : "right") : null }, element("bdi", {}, classes[index]),
      element("b", {}, percent(share, page.language)), element("i", { style: null }));
    line.lastChild.style.width = `${100 * share}%`;
    if (target.thresholds) {
      const at = target.thresholds[index], mark = element("s", { title: say("threshold", { share: percent(at, page.language) }) });
      mark.style.left = `${100 * at}%`;
      line.append(mark);
    }
    return line;
  }
  const paint = (scores, ms) => {
    node.hidden = false;
    took.textContent = say("took", { ms: number(ms, page.language) });
    if (target.kind === "number") {
      const value = number(scores[0], page.language, 4);
      list.replaceChildren(element("li", { class: "value" }, element("bdi", {}, classes[0] ?? ""), element("b", {}, value)));
      tell(say("said", { name: classes[0] ?? "", share: value }));
      return;
    }
    const several = target.kind === "labels", order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
    const shown = state.all ? order : order.slice(0, MOST_BARS), is = (index, at) => (several ? scores[index] >= target.thresholds[index] : !at);
    list.replaceChildren(...shown.map((index, at) => bar(index, scores[index], is(index, at))));
    more.hidden = order.length <= MOST_BARS;
    more.textContent = state.all ? say("fewer") : say("more", { n: order.length });
    const names = order.filter((index) => several && is(index, 0)).map((index) => classes[index]);
    tell(several ? say("said_labels", { names: names.join(", ") || say("no_label") })
      : say("said", { name: classes[order[0]], share: percent(scores[order[0]], page.language, 0) }));
  };
  // Of what changes with every point of a stroke, the last is read out.
  let later;
  const tell = (text) => {
    clearTimeout(later);
    later = setTimeout(() => { said.textContent = text; }, 400);
  };
  return { node, paint };
}
