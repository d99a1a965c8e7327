// The run trained again by the decided labels, and what that changed.
import { button, element } from "./kit.js";

export function retraining(review, model) {
  const { say, language } = review;
  let again = model.get("again");
  const go = button(say("again_do"), begin, { class: "primary" }), meter = element("progress", { max: 1, value: 0 });
  const said = element("p", { class: "small", role: "status" }), failed = element("p", { class: "error", role: "alert", hidden: true });
  const result = element("div", { class: "review-change" });

  async function begin() {
    failed.hidden = true;
    go.disabled = true;
    try { again = (await review.ask({ type: "retrain" })).again; } catch (error) { failed.hidden = false; failed.textContent = error.message; }
    draw();
  }

  // How the figures of a measure are written, and their differences.
  const MEASURES = {
    accuracy: [(share) => review.percent(share, 1), (gap) => points(gap)],
    mean_average_precision: [(share) => review.percent(share, 1), (gap) => points(gap)],
    mean_absolute_error: [(error) => review.num(error), (gap) => (gap === null ? "–" : `${gap > 0 ? "+" : ""}${review.num(gap)}`)],
  };
  const points = (share) => share === null ? "–" : new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" }).format(100 * share).replace("-", "\u2212");

  function where() {
    if (again.state === "judging" || again.state === "stopping") return say("again_judging");
    if (again.state === "training" && again.epochs) return say("again_going", { done: review.int(again.epoch), all: review.int(again.epochs) });
    return again.progress ? `${again.progress[0]} ${review.int(again.progress[1])}/${review.int(again.progress[2])}` : say("again_preparing");
  }

  function table({ measure, split, relabelled, left_out, old_labels, new_labels }) {
    const [figure, gap] = MEASURES[measure];
    const line = (key, { before, after, mean, low, high, n }) => element("tr", {},
      element("th", { scope: "row" }, say(key), element("span", { class: "small faint" }, ` (${review.int(n)})`)),
      element("td", { class: "number" }, figure(before)), element("td", { class: "number" }, figure(after)),
      element("td", { class: "number" }, gap(mean), element("br"), element("span", { class: "small faint" }, say("change_interval", { low: gap(low), high: gap(high) }))));
    return [
      element("p", { class: "small" }, say("change_split", { split: say(`split_${split}`), relabelled: review.int(relabelled), left_out: review.int(left_out) })),
      element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say("again") }, element("table", {},
        element("thead", {}, element("tr", {}, ["labels", "before", "after", "difference"].map((key) => element("th", { scope: "col", class: key === "labels" ? null : "number" }, say(`change_${key}`))))),
        element("tbody", {}, line("change_old", old_labels), line("change_new", new_labels)))),
      element("p", { class: "small faint" }, say("change_measure")),
      element("p", { class: "small" }, say(new_labels.low <= 0 && new_labels.high >= 0 ? "change_zero" : "change_clear")),
    ];
  }

  function draw() {
    const going = !!again?.going;
    go.disabled = going || !review.decisions.length;
    meter.hidden = !going;
    if (going) {
      const share = again.epochs ? (again.epoch + (again.steps ? (again.step ?? 0) / again.steps : 0)) / again.epochs : 0;
      meter.value = again.progress ? again.progress[1] / Math.max(again.progress[2], 1) : share;
    }
    const text = !again ? "" : going ? where() : again.state === "finished" ? "" : say("again_ended", { why: again.message ?? say("again_paused") });
    if (said.textContent !== text) said.textContent = text;
    const key = JSON.stringify([again?.id, again?.state, again?.change]);
    if (result.dataset.shown === key) return;
    result.dataset.shown = key;
    if (!again || again.state !== "finished") {
      result.replaceChildren(...(again ? [button(say("again_follow"), () => model.go?.("training", { id: again.id }))] : []));
      return;
    }
    result.replaceChildren(...(again.change ? table(again.change) : [element("p", { class: "small faint" }, say("change_none"))]),
      element("div", { class: "row" },
        element("a", { class: "button", href: `report/${again.key}`, target: "_blank", rel: "noopener" }, say("again_report")),
        button(say("again_review"), () => model.go?.("review", { subject: again.key }))));
  }

  review.on("again", (told) => { again = told.again; draw(); });
  review.on("decided", draw);
  draw();
  return element("section", { class: "card", "aria-labelledby": "review-again" }, element("h2", { id: "review-again" }, say("again")),
    element("p", { class: "small faint" }, say("again_text")), element("div", { class: "row review-go" }, go, meter), said, failed, result);
}
