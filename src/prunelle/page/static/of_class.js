// What a review is of one class each: the matrix of confusions, and a class given by a number or by its first letters.
// of_labels.js and of_number.js have the same members; review.js says what each is for.
import { button, element } from "./kit.js";

const MOST_IN_MATRIX = 12, MOST_PAIRS = 60, MOST_NUMBERED = 9, MOST_FOUND = 8;

const cellOf = (given, answered) => `${given},${answered}`;
const counted = (table, k) => {
  const { labels, answers } = table;
  if (table.counts) return table.counts;
  const counts = table.counts = new Map();
  for (let row = 0; row < labels.length; row++) counts.set(labels[row] * k + answers[row], (counts.get(labels[row] * k + answers[row]) ?? 0) + 1);
  return counts;
};
// The most frequent first, what is right last.
const paired = (counts, k) => [...counts].map(([key, n]) => ({ given: Math.floor(key / k), answered: key % k, n }))
  .sort((a, b) => (a.given === a.answered) - (b.given === b.answered) || b.n - a.n);

export const ofClass = {
  ways: ["suspicious", "errors", "everything"],
  wrong: ({ labels, answers }, row) => labels[row] !== answers[row],
  cells: ({ classes }, table) => paired(counted(table, classes.length), classes.length)
    .filter(({ given, answered }) => given !== answered).map(({ given, answered }) => cellOf(given, answered)),
  inCell: ({ labels, answers }, row, cell) => cellOf(labels[row], answers[row]) === cell,
  titled: ({ say, classes }, cell) => { const [given, answered] = cell.split(","); return say("queue_cell", { given: classes[given], answered: classes[answered] }); },
  given: ({ classes }, { labels }, row) => classes[labels[row]],
  said: (review, label) => label,
  caption({ classes, percent }, { labels, answers, sure }, row) {
    const answer = classes[answers[row]];
    return { given: classes[labels[row]], answer: labels[row] === answers[row] ? null : answer, said: answer, sure: percent(sure[row]) };
  },
  likes: ({ say, classes }, near) => say("nearest", { name: classes[near.class] }),
  overview: overviewOfClass, verdict: verdictOfClass,
};

let wanted = "";

function overviewOfClass(review, table) {
  const { say, classes } = review, k = classes.length, counts = counted(table, k);
  const open = (given, answered) => review.open({ kind: "cell", cell: cellOf(given, answered) });
  return k <= MOST_IN_MATRIX ? matrix() : pairs();

  function matrix() {
    const most = Math.max(1, ...[...counts].filter(([key]) => Math.floor(key / k) !== key % k).map(([, n]) => n));
    const short = (name) => element("span", { title: name }, name);
    const head = element("tr", {}, element("td", { class: "corner" }, say("matrix_given"), element("br"), say("matrix_answered")),
      classes.map((name) => element("th", { scope: "col" }, short(name))));
    const lines = classes.map((name, given) => element("tr", {}, element("th", { scope: "row" }, short(name)),
      classes.map((other, answered) => {
        const n = counts.get(given * k + answered) ?? 0, right = given === answered;
        const share = right ? 0 : Math.round((70 * n) / most);
        const made = n ? button(review.int(n), () => open(given, answered), {
          "data-cell": cellOf(given, answered), "aria-pressed": "false",
          "aria-label": say("cell", { n: review.int(n), given: name, answered: other }),
        }) : element("span", { class: "faint" }, "·");
        const cell = element("td", { class: right ? "right" : null }, made);
        cell.style.setProperty("--share", `${share}%`);
        return cell;
      })));
    return element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say("confusions") },
      element("table", {}, element("thead", {}, head), element("tbody", {}, lines)));
  }

  function pairs() {
    const list = element("ol", { class: "review-pairs" }), rest = element("p", { class: "small faint" });
    const all = paired(counts, k);
    const fill = () => {
      const fits = all.filter(({ given, answered }) => !wanted
        ? given !== answered : classes[given].toLowerCase().includes(wanted) || classes[answered].toLowerCase().includes(wanted));
      list.replaceChildren(...fits.slice(0, MOST_PAIRS).map(({ given, answered, n }) => element("li", {},
        button([element("span", {}, say("pair", { given: classes[given], answered: classes[answered] })), element("b", {}, review.int(n))],
          () => open(given, answered), { "data-cell": cellOf(given, answered), "aria-pressed": "false",
            "aria-label": say("cell", { n: review.int(n), given: classes[given], answered: classes[answered] }) }))));
      rest.textContent = fits.length ? (fits.length > MOST_PAIRS ? say("pairs_more", { n: review.int(fits.length - MOST_PAIRS) }) : "") : say("no_confusion");
      review.emit("drawn");
    };
    const find = element("label", { class: "row small" }, say("find_class"),
      element("input", { type: "search", value: wanted, oninput: ({ target }) => { wanted = target.value.toLowerCase(); fill(); } }));
    queueMicrotask(fill);
    return element("div", {}, find, list, rest);
  }
}

function verdictOfClass(review, { item, table, seen, deed, key, act }) {
  const { say, classes } = review, numbers = numbered(classes);
  const bars = element("ol", { class: "review-bars" }), doubt = element("p", { class: "small" });
  const keep = deed("K", "", () => act("keep")), answer = deed("A", "", () => make(other()));
  const chips = element("div", { class: "row review-classes" });
  const typing = typeAhead(review, { key, choose: make, label: say("other_class"), hidden: numbers !== null });

  const label = () => table().labels[item().row];
  // The likeliest class but for the given one: by cross-validation where that judges, else as the network answers now.
  const other = () => {
    const top = table().how === "crossed" ? null : seen()?.top;
    return top?.find((index) => index !== label()) ?? table().others[item().row];
  };
  function make(index) { if (index === label()) act("keep"); else act("relabel", { label: index }, classes[index]); }

  function bar(index, share, at) {
    const line = element("li", { class: index === label() ? "is-given" : null },
      element("bdi", {}, numbers === null ? key(String(at + 1)) : "", classes[index]), element("b", {}, review.percent(share, 1)), element("span", { class: "bar" }));
    line.style.setProperty("--share", `${100 * share}%`);
    return line;
  }

  // Of few classes each has its number; of many, the likeliest have.
  function drawChips(known) {
    const listed = numbers !== null ? classes.map((_, index) => [index, numbers[index]])
      : (known?.top ?? []).map((index, at) => [index, String(at + 1)]);
    // What the keyboard stands on stays where it is.
    if (chips.dataset.shown === listed.join()) return;
    chips.dataset.shown = listed.join();
    chips.replaceChildren(element("span", { class: "small faint" }, say("classes")),
      ...listed.map(([index, digit]) => deed(digit, classes[index], () => make(index))));
    chips.hidden = numbers !== null && classes.length < 3;
  }

  return {
    facts: [element("h3", {}, say("network_says")), bars, doubt], deeds: [keep, answer], more: [chips, typing.node],
    draw(known) {
      const { row } = item(), { score, sure, answers } = table();
      keep.lastChild.textContent = say("keep", { name: classes[label()] });
      answer.lastChild.textContent = say("answer", { name: classes[other()] });
      answer.hidden = classes.length < 2;
      const crossed = table().how === "crossed" ? say("crossed_says", { answered: classes[answers[row]], sure: review.percent(sure[row]) }) : null;
      doubt.textContent = [crossed, wrongBy(review, score[row])].filter(Boolean).join(" · ");
      drawChips(known);
      bars.classList.toggle("stale", !known);
      if (known) bars.replaceChildren(...known.top.map((index, at) => bar(index, known.shares[at], at)));
    },
    told: (known) => `${classes[known.top[0]]} ${review.percent(known.shares[0])}`,
    // Where it looked: for its answer, and for the given class where that is another.
    heats: (known) => [
      { which: "answer", output: known?.top[0], name: known ? classes[known.top[0]] : "…" },
      { which: "given", output: label(), name: classes[label()], hidden: known?.top[0] === label() },
    ],
    first: (known) => known.top[0],
    wanted: (one, known, which) => (which === "given" ? review.tables.get(one.split).labels[one.row] : known?.top[0]),
    keys: { a: () => make(other()), r: () => { if (numbers === null) typing.focus(); } },
    digit: (digit) => {
      const index = numbers !== null ? numbers.indexOf(digit) : seen()?.top?.[Number(digit) - 1] ?? -1;
      if (index >= 0) make(index);
    },
  };
}

// "Label wrong with a probability of about 93 %", where that is worth a word.
export const wrongBy = ({ say, percent }, score) => (score >= 0.01 ? say("wrong", { share: percent(Math.min(score, 0.99)) }) : null);

// Typing the beginning of a name, where classes are many; Enter takes the first.
export function typeAhead({ say, classes }, { key, choose, label, hidden, stay = false }) {
  const input = element("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: say("class_begins"), oninput: find, onkeydown: typed });
  const found = element("div", { class: "row" });
  const node = element("div", { class: "review-typing", hidden }, element("label", { class: "row small" }, key("R"), label, input), found);
  function matching() {
    const begun = input.value.trim().toLowerCase();
    if (!begun) return [];
    const names = classes.map((text, index) => [text.toLowerCase(), index]);
    return [...names.filter(([text]) => text.startsWith(begun)), ...names.filter(([text]) => !text.startsWith(begun) && text.includes(begun))]
      .slice(0, MOST_FOUND).map(([, index]) => index);
  }
  function find() { found.replaceChildren(...matching().map((index) => button(classes[index], () => take(index)))); }
  function take(index) { close(!stay); choose(index); }
  function close(leave) { input.value = ""; found.replaceChildren(); if (leave) input.blur(); }
  function typed(event) {
    if (event.key === "Enter" && matching().length) { event.preventDefault(); take(matching()[0]); }
    if (event.key === "Escape") close(true);
  }
  return { node, focus: () => input.focus() };
}

// The digit of each class; null where they are too many. Digits that are classes are their own.
export function numbered(classes) {
  if (classes.every((name) => /^[0-9]$/.test(name))) return [...classes];
  return classes.length <= MOST_NUMBERED ? classes.map((_, index) => String(index + 1)) : null;
}
