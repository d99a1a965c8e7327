// What a review is of several labels each: a table by label, and labels that are put on and taken off one by one.
// Its members are those of of_class.js.
import { button, element } from "./kit.js";
import { numbered, typeAhead, wrongBy } from "./of_class.js";

const MOST_LISTED = 12, WORTH_FLIPPING = 0.5, WORTH_TELLING = 0.1, NONE = "none";
const WAYS = ["right", "missed", "invented", "doubted"];
const BYTE = 255;

// Of label k, or of having none at all: how one example was given it, and answered.
function standing({ labels, answers, wrong, k }, row, which) {
  const at = row * k, any = (values) => { for (let i = at; i < at + k; i++) if (values[i]) return true; return false; };
  const given = which === NONE ? !any(labels) : !!labels[at + which], answered = which === NONE ? !any(answers) : !!answers[at + which];
  return { right: given && answered, missed: given && !answered, invented: answered && !given, doubted: which !== NONE && wrong[at + which] >= BYTE * WORTH_FLIPPING };
}
const parsed = (cell) => { const [way, which] = cell.split(","); return [way, which === NONE ? NONE : Number(which)]; };
const names = ({ say, classes }, values) => { const there = classes.filter((_, k) => values[k]); return there.length ? there.join(", ") : say("no_label"); };
const rowOf = (values, row, k) => values.subarray(row * k, row * k + k);

function countedByLabel(table, k) {
  if (table.counts) return table.counts;
  const counts = table.counts = new Map();
  for (const which of [...Array(k).keys(), NONE]) {
    const n = { right: 0, missed: 0, invented: 0, doubted: 0 };
    for (let row = 0; row < table.order.length; row++) {
      const stands = standing(table, row, which);
      for (const way of WAYS) n[way] += stands[way];
    }
    counts.set(which, n);
  }
  return counts;
}

export const ofLabels = {
  ways: ["suspicious", "errors", "everything"],
  wrong({ labels, answers, k }, row) { for (let i = row * k; i < (row + 1) * k; i++) if (labels[i] !== answers[i]) return true; return false; },
  cells({ classes }, table) {
    const found = [];
    for (const [which, n] of countedByLabel(table, classes.length)) for (const way of ["missed", "invented"]) if (n[way]) found.push([n[way], `${way},${which}`]);
    return found.sort(([a], [b]) => b - a).map(([, cell]) => cell);
  },
  inCell: (table, row, cell) => { const [way, which] = parsed(cell); return standing(table, row, which)[way]; },
  // Those first of which that label is most surely wrong.
  order(table, cell) {
    const [, which] = parsed(cell);
    return which === NONE ? table.order : [...table.order].sort((a, b) => table.wrong[b * table.k + which] - table.wrong[a * table.k + which]);
  },
  titled: ({ say, classes }, cell) => { const [way, which] = parsed(cell); return say(`queue_${way}`, { name: which === NONE ? say("no_label") : classes[which] }); },
  given: (review, { labels, k }, row) => names(review, rowOf(labels, row, k)),
  said: ({ say }, label) => (label ? label.split(";").join(", ") : say("no_label")),
  caption(review, { labels, answers, k }, row) {
    const given = rowOf(labels, row, k), answered = rowOf(answers, row, k);
    return { given: names(review, given), answer: changes(review, given, answered) || null, said: names(review, answered), sure: "" };
  },
  likes: ({ say, classes }, near) => say(near.has ? "nearest_with" : "nearest_without", { name: classes[near.class] }),
  overview: overviewOfLabels, verdict: verdictOfLabels,
};

// "+ cat − dog": what would have to be put on and taken off.
function changes({ classes }, before, after) {
  const signs = (sign, from, to) => classes.filter((_, k) => to[k] && !from[k]).map((name) => `${sign}\u00a0${name}`);
  return [...signs("+", before, after), ...signs("\u2212", after, before)].join(" ");
}

let begun = "";

function overviewOfLabels(review, table) {
  const { say, classes } = review, counts = countedByLabel(table, classes.length);
  const most = Math.max(1, ...[...counts.values()].flatMap(({ missed, invented }) => [missed, invented]));
  const body = element("tbody");
  const line = ([which, n]) => {
    const name = which === NONE ? say("no_label") : classes[which];
    return element("tr", {}, element("th", { scope: "row" }, element("span", { title: name, class: which === NONE ? "faint" : null }, which === NONE ? say("none_row") : name)), WAYS.map((way) => {
      const cell = `${way},${which}`;
      const made = n[way] ? button(review.int(n[way]), () => review.open({ kind: "cell", cell }), { "data-cell": cell, "aria-pressed": "false",
        "aria-label": say(`cell_${way}`, { n: review.int(n[way]), name }) }) : element("span", { class: "faint" }, "·");
      const made_ = element("td", { class: way === "right" ? "right" : null }, made);
      made_.style.setProperty("--share", `${way === "missed" || way === "invented" ? Math.round((70 * n[way]) / most) : 0}%`);
      return made_;
    }));
  };
  const fill = () => {
    body.replaceChildren(...[...counts].filter(([which]) => !begun || (which !== NONE && classes[which].toLowerCase().includes(begun))).map(line));
    review.emit("drawn");
  };
  const find = element("label", { class: "row small", hidden: classes.length <= MOST_LISTED }, say("find_label"),
    element("input", { type: "search", value: begun, oninput: ({ target }) => { begun = target.value.toLowerCase(); fill(); } }));
  queueMicrotask(fill);
  return element("div", {}, find, element("div", { class: "scroll by-label", tabindex: 0, role: "group", "aria-label": say("confusions") },
    element("table", {}, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, say("label")), WAYS.map((way) => element("th", { scope: "col" }, say(`way_${way}`))))), body)));
}

function verdictOfLabels(review, { item, table, seen, deed, key, act, redraw }) {
  const { say, classes, kept } = review, k = classes.length, digits = k <= MOST_LISTED ? numbered(classes) : null;
  const list = element("ol", { class: "review-labels" }), doubt = element("p", { class: "small" });
  const keep = deed("K", "", () => act("keep")), answer = deed("A", "", () => make(suggested())), set = deed("S", "", () => make(draft()), { class: "primary" });
  const typing = typeAhead(review, { key, choose: toggle, label: say("other_label"), hidden: digits !== null, stay: true });
  // The labels as they are being changed, of one example; nothing is decided before S.
  let drafted = { of: null, labels: null }, shown = [];

  const given = () => rowOf(table().labels, item().row, k), wrong = () => rowOf(table().wrong, item().row, k);
  const place = () => review.keyOf(item());
  function draft() {
    if (drafted.of === place()) return drafted.labels;
    const decided = review.decided.get(place()), named = decided?.action === "relabel" ? new Set(decided.label.split(";")) : null;
    return Uint8Array.from(classes, (name, index) => (named ? named.has(name) : given()[index]));
  }
  // What is surely wrong turned round: one label at least.
  function suggested() {
    const doubts = wrong(), flipped = given().slice(), sure = [...doubts.keys()].filter((index) => doubts[index] >= BYTE * WORTH_FLIPPING);
    for (const index of sure.length ? sure : [table().doubted[item().row]]) flipped[index] = 1 - flipped[index];
    return flipped;
  }
  const same = (one, other) => one.every((value, index) => value === other[index]);
  function make(labels) {
    if (same(labels, given())) { act("keep"); return; }
    const indices = [...labels.keys()].filter((index) => labels[index]);
    act("relabel", { labels: indices }, indices.map((index) => classes[index]).join(";"));
  }
  function toggle(index) {
    const labels = draft();
    labels[index] = 1 - labels[index];
    drafted = { of: place(), labels };
    redraw();
  }

  // All of few labels, in their order; of many, those that are given, answered, doubted or put on, and the likeliest.
  function listed(known) {
    if (k <= MOST_LISTED) return [...classes.keys()];
    const answers = rowOf(table().answers, item().row, k), weight = (index) => 4 * draft()[index] + 4 * given()[index] + 2 * answers[index] + wrong()[index] / BYTE + (known?.scores[index] ?? 0);
    return [...classes.keys()].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_LISTED);
  }

  function line(index, at, known) {
    const digit = digits ? digits[index] : at < 9 ? String(at + 1) : null, on = draft()[index], was = given()[index], answered = rowOf(table().answers, item().row, k)[index];
    const share = known?.scores[index], doubted = wrong()[index] / BYTE;
    const marks = [was && "given", answered && "answered"].filter(Boolean);
    const put = button([digit ? key(digit) : "", element("bdi", {}, classes[index])], () => toggle(index), { "aria-pressed": String(!!on), "aria-keyshortcuts": digit, "data-label": index,
      class: on !== was ? "changed" : null });
    const look = button("◉", () => { kept.heat = `label ${index}`; redraw(true); }, { class: "plain", "aria-pressed": String(kept.heat === `label ${index}`), "aria-label": say("heat_of", { name: classes[index] }), title: say("heat_of", { name: classes[index] }) });
    const made = element("li", { class: doubted >= WORTH_TELLING ? "is-doubted" : null }, put,
      element("span", { class: "small marks" }, marks.map((mark) => element("span", { class: `mark ${mark}` }, say(`mark_${mark}`)))),
      element("b", { title: doubted >= WORTH_TELLING ? wrongBy(review, doubted) : null }, review.percent(share, 1)), look, element("span", { class: "bar" }));
    made.style.setProperty("--share", `${100 * (share ?? 0)}%`);
    return made;
  }

  return {
    facts: [element("h3", {}, say("labels_say")), list, doubt], deeds: [set, keep, answer], more: [typing.node],
    draw(known) {
      const { row } = item(), index = table().doubted[row], score = table().score[row];
      keep.lastChild.textContent = say("keep", { name: names(review, given()) });
      answer.lastChild.textContent = changes(review, given(), suggested());
      set.lastChild.textContent = say("set_labels", { names: names(review, draft()) });
      const side = score >= 0.01 ? say(given()[index] ? "doubted_given" : "doubted_missing", { name: classes[index], share: review.percent(Math.min(score, 0.99)) }) : null;
      const crossed = table().how === "crossed" && known?.judged ? say("crossed_label", { name: classes[index], share: review.percent(known.judged[index]) }) : null;
      doubt.textContent = [side, crossed].filter(Boolean).join(" · ");
      shown = listed(known);
      // What the keyboard stands on keeps it.
      const held = list.contains(document.activeElement) ? [...list.querySelectorAll("button")].indexOf(document.activeElement) : -1;
      list.classList.toggle("stale", !known);
      list.replaceChildren(...shown.map((label, at) => line(label, at, known)));
      if (held >= 0) list.querySelectorAll("button")[held]?.focus({ preventScroll: true });
    },
    told: (known) => [...known.scores.keys()].sort((a, b) => known.scores[b] - known.scores[a]).slice(0, 3).map((index) => `${classes[index]} ${review.percent(known.scores[index])}`).join(", "),
    // Where it looked: for the label that is doubted most, for one that was chosen.
    heats() {
      const doubted = table().doubted[item().row], chosen = /^label (\d+)$/.exec(kept.heat);
      const found = [{ which: "answer", output: doubted, name: classes[doubted] }];
      if (chosen && Number(chosen[1]) !== doubted && Number(chosen[1]) < k) found.push({ which: kept.heat, output: Number(chosen[1]), name: classes[chosen[1]] });
      return found;
    },
    first: () => table().doubted[item().row],
    wanted: (one, known, which) => { const chosen = /^label (\d+)$/.exec(which); return chosen ? Number(chosen[1]) : review.tables.get(one.split).doubted[one.row]; },
    keys: { a: () => make(suggested()), s: () => make(draft()), r: () => { if (!digits) typing.focus(); } },
    digit: (digit) => { const index = digits ? digits.indexOf(digit) : shown[Number(digit) - 1] ?? -1; if (index >= 0) toggle(index); },
    // Another decision about it, or none any more: what was being changed is forgotten.
    forget: () => { drafted = { of: null, labels: null }; },
  };
}
