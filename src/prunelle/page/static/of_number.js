// What a review is of numbers: answers against what was given, and a number that is typed. Its members are those of of_class.js.
import { button, colour, element } from "./kit.js";

const RANGES = 6, SIDE = 300, EDGE = 26, NEAR = 14;

const sorted = (values) => [...values].sort((a, b) => a - b);
// The edges of ranges of as many examples each.
function edges({ labels }) {
  const values = sorted(labels), n = Math.max(1, Math.min(RANGES, Math.floor(values.length / 10)));
  return [...new Set(Array.from({ length: n + 1 }, (_, i) => values[Math.round((i * (values.length - 1)) / n)]))];
}
function rangeOf(table, row) {
  table.edges ??= edges(table);
  const last = Math.max(0, table.edges.length - 2);
  for (let i = 0; i < last; i++) if (table.labels[row] < table.edges[i + 1]) return i;
  return last;
}

export const ofNumber = {
  ways: ["suspicious", "everything"],
  wrong: () => false,
  cells: (review, table) => { rangeOf(table, 0); return table.edges.slice(1).map((_, i) => `range,${i}`); },
  inCell: (table, row, cell) => `range,${rangeOf(table, row)}` === cell,
  titled: ({ say, num }, cell, table) => { rangeOf(table, 0); const i = Number(cell.split(",")[1]); return say("queue_range", { low: num(table.edges[i]), high: num(table.edges[i + 1] ?? table.edges[i]) }); },
  given: ({ num }, { labels }, row) => num(labels[row], 5),
  said: ({ num }, label) => (label ? num(Number(label), 5) : ""),
  caption: ({ num }, { labels, answers }, row) => ({ given: num(labels[row]), answer: num(answers[row]), said: num(answers[row]), sure: "" }),
  likes: ({ say, num }, near) => say("nearest_numbers", { numbers: near.given.map((each) => num(Number(each))).join(" · ") }),
  overview: overviewOfNumber, verdict: verdictOfNumber,
};

function overviewOfNumber(review, table) {
  const { say, num } = review;
  rangeOf(table, 0);
  const rows = table.edges.length > 1 ? table.edges.slice(1).map((high, i) => ({ low: table.edges[i], high, n: 0, off: 0 })) : [{ low: table.edges[0], high: table.edges[0], n: 0, off: 0 }];
  for (let row = 0; row < table.labels.length; row++) { const range = rows[rangeOf(table, row)]; range.n++; range.off += table.score[row]; }
  const list = element("ol", { class: "review-pairs" }, rows.map(({ low, high, n, off }, i) => element("li", {},
    button([element("span", {}, say("range_of", { low: num(low), high: num(high), n: review.int(n) })), element("b", {}, say("off_by", { off: num(n ? off / n : 0) }))],
      () => review.open({ kind: "cell", cell: `range,${i}` }), { "data-cell": `range,${i}`, "aria-pressed": "false" }))));
  return element("div", {}, scatter(review, table), element("p", { class: "small faint" }, say("scatter_how")), list);
}

// Given across, answered upwards; a line where both are the same. A point leads to its example; the list beside has them all.
function scatter(review, table) {
  const { say, num } = review, { labels, answers, suspect } = table;
  const canvas = element("canvas", { class: "review-scatter", role: "img", "aria-label": say("scatter_label"), onclick: pressed });
  const all = sorted([...labels, ...answers]), low = all[0], high = all[all.length - 1], span = high - low || 1;
  const at = (value) => (EDGE + ((value - low) * (SIDE - EDGE - 8)) / span);
  const place = (row) => [at(labels[row]), SIDE - at(answers[row])];
  function paint() {
    const ratio = Math.min(3, devicePixelRatio || 1), context = canvas.getContext("2d"), ink = (name) => colour(name);
    Object.assign(canvas, { width: SIDE * ratio, height: SIDE * ratio });
    context.scale(ratio, ratio);
    context.strokeStyle = ink("--line");
    context.beginPath();
    context.moveTo(at(low), SIDE - at(low));
    context.lineTo(at(high), SIDE - at(high));
    context.stroke();
    for (const odd of [0, 1]) {
      context.fillStyle = ink(odd ? "--orange" : "--blue");
      for (let row = 0; row < labels.length; row++) {
        if (!!suspect[row] !== !!odd) continue;
        const [x, y] = place(row);
        context.fillRect(x - 1.5, y - 1.5, 3, 3);
      }
    }
    const here = review.items[review.at];
    if (here?.split === review.kept.split) {
      const [x, y] = place(here.row);
      context.strokeStyle = ink("--ink");
      context.lineWidth = 2;
      context.strokeRect(x - 5, y - 5, 10, 10);
    }
    context.fillStyle = ink("--muted");
    context.font = "11px system-ui, sans-serif";
    context.fillText(`${say("axis_given")} →`, EDGE, SIDE - 4);
    context.fillText(`${num(low)} – ${num(high)}`, SIDE - 90, SIDE - 4);
    context.save();
    context.rotate(-Math.PI / 2);
    context.fillText(`${say("axis_answered")} →`, EDGE - SIDE, 12);
    context.restore();
  }
  function pressed({ offsetX, offsetY }) {
    const scale = SIDE / canvas.clientWidth, x = offsetX * scale, y = offsetY * scale;
    let best = null, least = NEAR * NEAR;
    for (let row = 0; row < labels.length; row++) {
      const [px, py] = place(row), far = (px - x) ** 2 + (py - y) ** 2;
      if (far < least) { least = far; best = row; }
    }
    if (best !== null) { review.open({ kind: "everything" }, { split: review.kept.split, row: best }); review.emit("chosen"); }
  }
  const repaint = () => { if (canvas.isConnected) paint(); };
  review.on("at", repaint);
  queueMicrotask(paint);
  return canvas;
}

function verdictOfNumber(review, { item, table, deed, key, act }) {
  const { say, num } = review;
  const answered = element("p", { class: "review-given" }), doubt = element("p", { class: "small" });
  const keep = deed("K", "", () => act("keep"));
  const input = element("input", { type: "text", inputmode: "decimal", autocomplete: "off", size: 10, "aria-describedby": "review-number", onkeydown: typed, oninput: () => { hint.textContent = ""; } });
  const hint = element("span", { class: "small", id: "review-number", role: "status" });
  const node = element("div", { class: "review-typing" }, element("label", { class: "row small" }, key("R"), say("other_number"), input, button(say("set_number"), take)), hint);
  // As French writes it, too.
  const typedNumber = () => { const text = input.value.trim().replace("\u2212", "-").replace(",", "."); return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN; };
  function take() {
    const number = typedNumber();
    if (!Number.isFinite(number)) { hint.textContent = say("no_number"); return; }
    input.value = "";
    input.blur();
    if (number === table().labels[item().row]) act("keep"); else act("relabel", { number }, String(number));
  }
  function typed(event) {
    if (event.key === "Enter") { event.preventDefault(); take(); }
    if (event.key === "Escape") { input.value = ""; hint.textContent = ""; input.blur(); }
  }
  return {
    facts: [element("h3", {}, say("network_says")), answered, doubt], deeds: [keep], more: [node],
    draw(known) {
      const { row } = item(), { labels, answers, score, how } = table();
      keep.lastChild.textContent = say("keep", { name: num(labels[row], 5) });
      answered.classList.toggle("stale", !known);
      if (known) answered.textContent = num(known.answer);
      const gap = say("off_by", { off: num(score[row]) });
      doubt.textContent = how === "crossed" ? say("crossed_number", { answered: num(answers[row]), off: gap }) : gap;
    },
    told: (known) => num(known.answer),
    heats: () => [{ which: "answer", output: 0, name: review.classes[0] }],
    first: () => 0,
    wanted: () => 0,
    keys: { r: () => input.focus() },
    digit: () => {},
  };
}
