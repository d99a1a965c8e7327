// The panel "review": what a network gets wrong, the examples behind it, and what a person decides about each.
//
// confusions.js is what was given against what was answered, queue.js the list of examples, one.js the one that is looked
// at, decided.js the list of decisions, again.js the training by them, odd.js what the checks find; here is what they
// share. An example is {split, row}; its key "test:12".
//
// What differs between a class, several labels and a number has the same members in of_class.js, of_labels.js and
// of_number.js: `overview` (what is in confusions.js), `ways` and `cells` (the lists there are, those of cells the most
// frequent first), `wrong` and `inCell` (which examples are in them) with their `order`, `titled` (what a cell's list is
// called), `given`, `said`, `caption` and `likes` (words), `verdict` (what is beside the one example, and its keys).
import { asker, element, filled, integer, number, percent } from "./kit.js";
import { confusing } from "./confusions.js";
import { queueing } from "./queue.js";
import { judging } from "./one.js";
import { deciding } from "./decided.js";
import { oddities } from "./odd.js";
import { retraining } from "./again.js";
import { ofClass } from "./of_class.js";
import { ofLabels } from "./of_labels.js";
import { ofNumber } from "./of_number.js";

const KINDS = { class: ofClass, labels: ofLabels, number: ofNumber };

const WORTH_A_LIST = 8;

// What a person has chosen, by run: it outlives a change of language, a lost server, a look at another tab.
const CHOSEN = new Map();

export function render({ model, el }) {
  const words = model.get("words");
  el.append(element("h1", {}, words.title));
  if (!model.get("run")) {
    el.append(element("p", { class: "faint" }, words.none),
      element("button", { type: "button", onclick: () => model.go?.("training") }, words.to_training));
    return () => el.replaceChildren();
  }
  const review = reviewing(model, el);
  el.append(heading(review, model),
    element("div", { class: "review-page" },
      element("div", { class: "review-side" }, confusing(review), deciding(review), retraining(review, model), oddities(review)),
      element("div", { class: "review-main" }, judging(review), queueing(review))));
  review.begin();
  return () => { review.end(); el.replaceChildren(); };
}

function heading(review, model) {
  const { say } = review;
  const runs = element("select", { onchange: ({ target }) => model.go?.("review", { subject: target.value }) },
    model.get("runs").map(({ key, name }) => element("option", { value: key, selected: key === model.get("run") }, name)));
  const splits = element("select", { onchange: ({ target }) => review.choose(target.value) });
  const busy = element("p", { class: "small faint", role: "status" });
  const meter = element("progress", { max: 1, value: 0, hidden: true, "aria-label": say("how") });
  const failed = element("p", { class: "error", role: "alert", hidden: true });
  const offer = () => {
    const there = ["test", "validation", "train"].filter((split) => review.ready.has(split));
    if (there.join() !== splits.dataset.shown) {
      splits.replaceChildren(...there.map((split) => element("option", { value: split }, say(`split_${split}`))));
      splits.dataset.shown = there.join();
    }
    if (review.kept.split) splits.value = review.kept.split;
  };
  review.on("progress", ({ what, split, done, of, failed: why }) => {
    const text = what === null ? "" : say(split ? "busy" : "busy_all", { what, split: say(`split_${split}`), done: review.int(done), of: review.int(of) });
    if (busy.textContent !== text) busy.textContent = text;
    meter.hidden = what === null;
    meter.max = Math.max(of, 1);
    meter.value = done;
    failed.hidden = !why;
    failed.textContent = why ? say("failed", { why }) : "";
    offer();
  });
  // Labels that seem wrong in splits that nobody is looking at, most of them in what was learned.
  const elsewhere = element("div", { class: "row", role: "status" });
  const tell = async () => {
    const others = [...review.ready].filter((split) => split !== review.kept.split);
    try { await Promise.all(others.map(review.load)); } catch (error) { review.failed(error); return; }
    const open = (split) => review.table(split).suspect.reduce((sum, one, row) => sum + (one && !review.decided.has(review.keyOf({ split, row })) ? 1 : 0), 0);
    const found = others.filter((split) => split !== review.kept.split).map((split) => [split, open(split)]);
    elsewhere.replaceChildren(...found.filter(([, n]) => n).map(([split, n]) => element("button",
      { type: "button", "data-elsewhere": split, onclick: () => { review.kept.queue = { kind: "suspicious" }; review.choose(split); } },
      say("elsewhere", { n: review.int(n), split: say(`split_${split}`) }))));
  };
  review.on("split", () => { offer(); tell(); });
  review.on("decided", tell);
  review.on("progress", ({ what }) => { if (what === null || review.ready.size !== Number(elsewhere.dataset.ready)) { elsewhere.dataset.ready = review.ready.size; tell(); } });
  return element("div", { class: "review-head" },
    element("p", { class: "faint" }, say("intro", { file: model.get("file") })),
    element("div", { class: "row" },
      element("label", { class: "row" }, say("run"), runs),
      element("label", { class: "row" }, say("examples_of"), splits), meter, busy), elsewhere, failed);
}

// What the parts share.
function reviewing(model, el) {
  const words = model.get("words"), language = model.get("language"), classes = model.get("classes");
  const asking = asker(model), events = new EventTarget(), endings = [asking.close];
  const run = model.get("run");
  if (!CHOSEN.has(run)) CHOSEN.set(run, { split: null, queue: null, show: "all", place: null, heat: "answer", keys: true });
  const kept = CHOSEN.get(run), tables = new Map(), decided = new Map();
  const review = {
    el, kept, classes, language, tables, decided,
    kind: model.get("kind"),
    of: KINDS[model.get("target")],
    ready: new Set(model.get("progress").ready),
    // A kind of target may have a sentence of its own.
    say: (key, values = {}) => filled(words[`${key}@${model.get("target")}`] ?? words[key] ?? key, values),
    num: (value, digits = 3) => number(value, language, digits),
    int: (value) => integer(value, language),
    percent: (share, digits = 0) => percent(share, language, digits),
    keyOf: ({ split, row }) => `${split}:${row}`,
    table: (split = kept.split) => tables.get(split),
    on: (event, listener) => events.addEventListener(event, ({ detail }) => listener(detail)),
    emit: (event, detail = {}) => events.dispatchEvent(new CustomEvent(event, { detail })),
    ending: (end) => endings.push(end),
    end: () => endings.forEach((end) => end()),
    // In words, what was decided about an example.
    decision: ({ action, label }) => review.say(`action_${action.replace(" ", "_")}`, { label: action === "relabel" ? review.of.said(review, label) : "" }),
  };
  review.failed = (error) => review.emit("failed", { message: error.message });
  review.ask = async (content) => {
    const { content: reply, arrays } = await asking(content);
    return withArrays(reply, arrays);
  };
  review.load = async (split) => {
    if (!tables.has(split)) tables.set(split, { ...await review.ask({ type: "table", split }), k: classes.length });
  };
  review.choose = async (split) => {
    kept.split = split;
    try { await review.load(split); } catch (error) { review.failed(error); return; }
    if (kept.split !== split) return;
    review.emit("split");
    // Where few labels seem wrong, the errors are what there is to look at, those first all the same.
    const first = review.of.ways.slice(0, -1).find((kind, at) => listed(review, { kind }).length >= (at ? 1 : WORTH_A_LIST));
    const chosen = kept.queue && !kept.queue.byItself && kept.queue.kind !== "cell" && !kept.queue.items;
    review.open(chosen ? kept.queue : { kind: first ?? "everything", byItself: true });
  };
  // Another list of examples; `place` is where one is in it.
  review.open = (queue, place = null) => {
    kept.queue = queue;
    const items = review.items = listed(review, queue);
    const last = place ?? kept.place;
    const found = last ? items.findIndex((item) => review.keyOf(item) === review.keyOf(last)) : -1;
    const open = items.findIndex((item) => !decided.has(review.keyOf(item)));
    review.at = found >= 0 ? found : Math.max(open, 0);
    kept.place = items[review.at] ?? null;
    review.emit("queue");
    review.emit("at");
  };
  review.go = (at) => {
    if (at < 0 || at >= review.items.length) return;
    review.at = at;
    kept.place = review.items[at];
    review.emit("at");
  };
  // The next one of which nothing is decided, from here on and then from the beginning; null where there is none.
  review.next = (from = review.at) => {
    const n = review.items.length;
    for (let step = 1; step <= n; step++) {
      const at = (from + step) % n;
      if (!decided.has(review.keyOf(review.items[at]))) return at;
    }
    return null;
  };
  // The list after this one that holds something undecided: those of the split one after the other, then from the first.
  review.nextList = () => {
    const table = review.table();
    if (!table || kept.show !== "all") return null;
    const [first, ...last] = review.of.ways, cells = review.of.cells(review, table).map((cell) => ({ kind: "cell", cell }));
    const lists = [{ kind: first }, ...last.slice(0, -1).map((kind) => ({ kind })), ...cells, ...last.slice(-1).map((kind) => ({ kind }))];
    const here = lists.findIndex(({ kind, cell }) => kind === kept.queue?.kind && cell === kept.queue?.cell);
    for (let step = 1; step <= lists.length; step++) {
      const list = lists[(here + step) % lists.length];
      if (lists.indexOf(list) !== here && listed(review, list).some((item) => !decided.has(review.keyOf(item)))) return list;
    }
    return null;
  };
  review.decisions = [];
  review.pending = new Map();
  const placed = () => {
    decided.clear();
    for (const entry of review.decisions) if (entry.place) decided.set(review.keyOf({ split: entry.place[0], row: entry.place[1] }), entry);
    // What was decided here a moment ago is not in a list that was read before.
    for (const [key, made] of review.pending) decided.set(key, made);
  };
  review.changed = ({ file, decision, place }) => {
    review.decisions = review.decisions.filter((entry) => entry.file !== file);
    if (decision) review.decisions.push(decision);
    if (place) {
      const key = review.keyOf({ split: place[0], row: place[1] });
      if (decision) decided.set(key, decision); else decided.delete(key);
    }
    review.emit("decided");
  };
  const pushed = (content, arrays) => {
    if ("ask" in content) return;
    if (content.type === "decisions") { review.decisions = content.decisions; placed(); review.emit("decided"); return; }
    if (content.type === "progress") {
      review.ready = new Set(content.ready);
      if (!kept.split || !review.ready.has(kept.split) || !tables.has(kept.split)) begun();
    }
    review.emit(content.type, withArrays(content, arrays));
  };
  // The split that was looked at before, else the first that is ready.
  const begun = () => {
    if (kept.split && !review.ready.has(kept.split) && tables.size) return;
    const split = review.ready.has(kept.split) ? kept.split : ["test", "validation", "train"].find((each) => review.ready.has(each));
    if (split && !tables.has(split)) review.choose(split);
  };
  model.on("msg:custom", pushed);
  endings.push(() => model.off("msg:custom", pushed));
  review.items = [];
  review.at = 0;
  review.begin = () => {
    review.decisions = model.get("decisions");
    placed();
    review.emit("decided");
    review.emit("queue");
    review.emit("progress", model.get("progress"));
    begun();
  };
  return review;
}

// The examples of a list, in the order of what teaches most.
function listed({ tables, kept, decided, keyOf, of }, { kind, cell, items }) {
  const table = tables.get(kept.split), found = [];
  if (items) found.push(...items);
  else if (table) {
    for (const row of (kind === "cell" && of.order?.(table, cell)) || table.order) {
      const fits = kind === "everything" || (kind === "suspicious" && table.suspect[row]) || (kind === "errors" && of.wrong(table, row))
        || (kind === "cell" && of.inCell(table, row, cell));
      if (fits) found.push({ split: kept.split, row });
    }
  }
  if (kept.show === "all") return found;
  return found.filter((item) => decided.has(keyOf(item)) === (kept.show === "decided"));
}

// A reply with its arrays where it refers to them: {"array": 2} becomes the third.
function withArrays(value, arrays) {
  if (Array.isArray(value)) return value.map((item) => withArrays(item, arrays));
  if (value === null || typeof value !== "object") return value;
  if (Object.keys(value).length === 1 && typeof value.array === "number") return arrays[value.array];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withArrays(item, arrays)]));
}
