// What was given against what was answered: a matrix of few classes, a list of pairs of many. Each leads to its examples.
import { button, element } from "./kit.js";

const MOST_IN_MATRIX = 12, MOST_PAIRS = 60;

export function confusing(review) {
  const { say, classes } = review;
  const body = element("div", { class: "confusions" }), ways = element("div", { class: "review-ways" });
  const how = element("p", { class: "small faint" });
  let wanted = "";

  function draw() {
    const table = review.table();
    if (!table) { body.replaceChildren(element("p", { class: "faint" }, say("waiting"))); return; }
    const { labels, answers, suspect } = table, k = classes.length, counts = new Map();
    let wrong = 0, odd = 0;
    for (let row = 0; row < labels.length; row++) {
      const key = labels[row] * k + answers[row];
      counts.set(key, (counts.get(key) ?? 0) + 1);
      wrong += labels[row] !== answers[row];
      odd += suspect[row];
    }
    how.textContent = table.note;
    const way = (kind, n) => button(say(kind, { n: review.int(n) }), () => review.open({ kind }), { "data-kind": kind, "aria-pressed": "false" });
    ways.replaceChildren(way("suspicious", odd), way("errors", wrong), way("everything", labels.length));
    body.replaceChildren(k <= MOST_IN_MATRIX ? matrix(counts, k) : pairs(counts, k));
    mark();
  }

  const open = (given, answered) => review.open({ kind: "cell", given, answered });

  function matrix(counts, k) {
    const most = Math.max(1, ...[...counts].filter(([key]) => Math.floor(key / k) !== key % k).map(([, n]) => n));
    const short = (name) => element("span", { title: name }, name);
    const head = element("tr", {}, element("td", { class: "corner" }, say("matrix_given"), element("br"), say("matrix_answered")),
      classes.map((name) => element("th", { scope: "col" }, short(name))));
    const lines = classes.map((name, given) => element("tr", {}, element("th", { scope: "row" }, short(name)),
      classes.map((other, answered) => {
        const n = counts.get(given * k + answered) ?? 0, right = given === answered;
        const share = right ? 0 : Math.round((70 * n) / most);
        const made = n ? button(review.int(n), () => open(given, answered), {
          "data-cell": `${given},${answered}`, "aria-pressed": "false",
          "aria-label": say("cell", { n: review.int(n), given: name, answered: other }),
        }) : element("span", { class: "faint" }, "·");
        const cell = element("td", { class: right ? "right" : null }, made);
        cell.style.setProperty("--share", `${share}%`);
        return cell;
      })));
    return element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say("confusions") },
      element("table", {}, element("thead", {}, head), element("tbody", {}, lines)));
  }

  // The most frequent first.
  function pairs(counts, k) {
    const list = element("ol", { class: "review-pairs" }), rest = element("p", { class: "small faint" });
    const all = [...counts].map(([key, n]) => ({ given: Math.floor(key / k), answered: key % k, n }))
      .sort((a, b) => (a.given === a.answered) - (b.given === b.answered) || b.n - a.n);
    const fill = () => {
      const fits = all.filter(({ given, answered }) => !wanted
        ? given !== answered : classes[given].toLowerCase().includes(wanted) || classes[answered].toLowerCase().includes(wanted));
      list.replaceChildren(...fits.slice(0, MOST_PAIRS).map(({ given, answered, n }) => element("li", {},
        button([element("span", {}, say("pair", { given: classes[given], answered: classes[answered] })), element("b", {}, review.int(n))],
          () => open(given, answered), { "data-cell": `${given},${answered}`, "aria-pressed": "false",
            "aria-label": say("cell", { n: review.int(n), given: classes[given], answered: classes[answered] }) }))));
      rest.textContent = fits.length ? (fits.length > MOST_PAIRS ? say("pairs_more", { n: review.int(fits.length - MOST_PAIRS) }) : "") : say("no_confusion");
      mark();
    };
    const find = element("label", { class: "row small" }, say("find_class"),
      element("input", { type: "search", value: wanted, oninput: ({ target }) => { wanted = target.value.toLowerCase(); fill(); } }));
    queueMicrotask(fill);
    return element("div", {}, find, list, rest);
  }

  function mark() {
    const { kind, given, answered } = review.kept.queue ?? {};
    for (const one of body.querySelectorAll("[data-cell]")) one.setAttribute("aria-pressed", String(kind === "cell" && one.dataset.cell === `${given},${answered}`));
    for (const one of ways.children) one.setAttribute("aria-pressed", String(one.dataset.kind === kind));
  }

  review.on("split", draw);
  review.on("queue", mark);
  draw();
  return element("section", { class: "card", "aria-labelledby": "review-confusions" },
    element("h2", { id: "review-confusions" }, say("confusions")), ways, body,
    element("details", {}, element("summary", { class: "small" }, say("how")), how));
}
