// The panel "look": a network answers while one draws for it, and every number says where it comes from.
//
// Beside activations.py, whose maps it shows. given.js is what the network is shown, layers.js what every layer makes of
// it, value.js how one number comes about, edits.js a channel and what is changed on trial; here are the answer, and what
// all of them share.
import { asker, button, element, filled, newest, number, percent } from "./kit.js";
import { readColours } from "./maps.js";
import { telling } from "./answers.js";
import { showing } from "./given.js";
import { layering } from "./layers.js";
import { explaining } from "./value.js";
import { changing, opening } from "./edits.js";

const MANY_CLASSES = 12, FIRST_CLASSES = 6;

export function render({ model, el }) {
  readColours();
  const look = looking(model, el);
  const given = element("div", { class: "look-given" }, showing(look), answering(look), changing(look));
  const layers = layering(look);
  const inspectors = element("div", { class: "look-inspectors" }, explaining(look), opening(look));
  el.replaceChildren(element("div", { class: `look-panel look-${look.kind}` }, given, layers, inspectors));
  look.begin();
  return () => {
    look.end();
    el.replaceChildren();
  };
}

// What a person has done, by network: it outlives a change of language, a lost server, a look at another tab.
const KEPT = new Map();

// What the parts share: the state, questions, and events from one part to the others.
function looking(model, el) {
  const words = model.get("words"), language = model.get("language"), classes = model.get("classes");
  const name = `${model.get("run")} ${model.get("name")}`, layers = model.get("layers");
  if (!KEPT.has(name)) KEPT.set(name, { edits: [], open: {}, first: {}, trail: [], scale: "own", steps: 0 });
  const kept = KEPT.get(name), asking = asker(model), events = new EventTarget(), endings = [asking.close];
  const look = {
    el, kept, language, classes, layers,
    kind: model.get("kind"),
    size: model.get("size"),
    get: (key) => model.get(key),
    // Whether changes are tried on the test set: of classes alone one knows how many answers are right.
    judged: model.get("samples") > 0 && model.get("target") === "class",
    say: (key, values = {}) => filled(words[key] ?? key, values),
    num: (value, digits = 3) => number(value, language, digits),
    percent: (share) => percent(share, language),
    // Without a name by their number from 0, as published tables and prunelle predict have them.
    className: (index) => String(classes?.[index] ?? index),
    layer: (wanted) => layers.find((layer) => layer.name === wanted),
    on: (event, listener) => events.addEventListener(event, ({ detail }) => listener(detail)),
    emit: (event, detail = {}) => events.dispatchEvent(new CustomEvent(event, { detail })),
    failed: (error) => look.emit("failed", error.message),
    ending: (end) => endings.push(end),
    end: () => endings.forEach((end) => end()),
    measured: (event, since) => el.dispatchEvent(new CustomEvent(event, { detail: { ms: performance.now() - since } })),
  };
  look.ask = async (content, arrays = []) => {
    const reply = await asking(content, arrays);
    return resolved(reply.content, reply.arrays);
  };
  const answer = async (content, arrays, since = performance.now()) => {
    const reply = await look.ask(content, arrays);
    if (reply.type !== "answer") return;
    if (look.kind === "series") reply.series = Object.assign(reply.input, { shape: [look.get("channels"), look.size[1]] });
    look.answer = Object.assign(reply, { to: content.type });
    look.failed({ message: "" });
    look.emit("answer", reply);
    look.measured("drawn", since);
  };
  // A stroke may overtake a stroke, and nothing else.
  const ways = {};
  for (const type of ["picture", "watch", "edit", "epoch"]) ways[type] = newest(answer, look.failed);
  look.tell = (content, arrays, since) => {
    if (content.type === "picture") kept.shown = { content, arrays };
    return (ways[content.type] ?? ((...all) => answer(...all).catch(look.failed)))(content, arrays, since);
  };
  look.begin = () => {
    if (kept.shown) look.tell(kept.shown.content, kept.shown.arrays);
    else if (look.get("samples")) look.tell({ type: "picture", source: "sample", index: 0 });
    else look.emit("blank");
    if (kept.epoch) look.tell({ type: "epoch", epoch: kept.epoch });
    if (kept.edits.length) look.tell({ type: "edit", edits: kept.edits });
    if (kept.point) look.emit("point", { point: kept.point, held: true, on: true });
    if (kept.channel) look.emit("channel", kept.channel);
  };
  const pushed = (content) => { if (!("ask" in content)) look.emit(content.type, content); };
  model.on("msg:custom", pushed);
  endings.push(() => model.off("msg:custom", pushed));
  return look;
}

// A reply with its arrays where it refers to them: {"array": 2} becomes the third.
function resolved(value, arrays) {
  if (Array.isArray(value)) return value.map((item) => resolved(item, arrays));
  if (value === null || typeof value !== "object") return value;
  if (Object.keys(value).length === 1 && typeof value.array === "number") return arrays[value.array];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, arrays)]));
}

// What is answered, with its numbers, the truth of a test picture, the epoch whose weights answer.
function answering(look) {
  const { say } = look, told = telling(look), outputs = look.get("outputs"), all = outputs <= MANY_CLASSES;
  const short = all && Array.from({ length: outputs }, (_, i) => look.className(i)).every((name) => name.length <= 12);
  const bars = element("ol", { class: `look-bars${short ? " look-short" : ""}` });
  const truth = element("p", { class: "look-truth" }), spoken = element("p", { class: "hidden-text", "aria-live": "polite" });
  let rows = [], speaking;

  function row() {
    const parts = { name: element("bdi"), bar: element("span", { class: "look-bar" }), share: element("b") };
    parts.was = element("i", { class: "look-was", hidden: true });
    parts.line = button([parts.name, parts.share, parts.bar, parts.was], () => {
      look.emit("point", { point: { layer: "probabilities", channel: parts.index, y: 0, x: 0 }, held: true });
    }, { class: "look-class" });
    return parts;
  }
  look.on("answer", ({ probabilities, label, unchanged }) => {
    const order = told.order(probabilities), answered = told.answered(probabilities);
    // In their own order where all are shown: bars that stay where they are can be watched.
    const listed = all ? [...probabilities.keys()] : order.slice(0, FIRST_CLASSES);
    if (rows.length !== listed.length) {
      rows = listed.map(row);
      bars.replaceChildren(...rows.map(({ line }) => element("li", {}, line)));
    }
    rows.forEach((parts, at) => {
      const index = parts.index = listed[at];
      parts.name.textContent = look.className(index);
      parts.share.textContent = told.text(probabilities[index]);
      parts.bar.style.width = `${100 * told.share(probabilities[index])}%`;
      parts.was.hidden = !unchanged;
      if (unchanged) parts.was.style.marginLeft = `${99 * told.share(unchanged[index])}%`;
      parts.line.classList.toggle("first", answered.includes(index));
      parts.line.classList.toggle("true", label === look.className(index));
      parts.line.title = say("explain_class", { name: look.className(index) })
        + (unchanged ? ` (${say("unchanged", { share: told.text(unchanged[index]) })})` : "");
    });
    truth.textContent = label === null ? "" : told.truth(probabilities, label);
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      spoken.textContent = answered.length
        ? answered.map((index) => say("spoken", { name: look.className(index), share: told.text(probabilities[index]) })).join(". ")
        : say("spoken_none");
    }, 700);
  });
  look.ending(() => clearTimeout(speaking));
  const notes = [!look.get("trained") && say("untrained"), look.get("note")].filter(Boolean);
  return element("section", { class: "card", "aria-label": say("answer") }, element("h2", {}, say("answer")), bars, truth,
    spoken, epochSlider(look), notes.map((note) => element("p", { class: "faint small" }, note)));
}

function epochSlider(look) {
  const { say, kept } = look, epochs = look.get("epochs"), output = element("output");
  if (!epochs.length) return null;
  const value = kept.epoch ? epochs.indexOf(kept.epoch) : epochs.length;
  const slider = element("input", { type: "range", min: 0, max: epochs.length, step: 1, value });
  const told = () => {
    kept.epoch = epochs[slider.value] ?? null;
    output.textContent = kept.epoch ? say("epoch_n", { n: kept.epoch }) : say("epoch_kept");
    slider.setAttribute("aria-valuetext", output.textContent);
  };
  slider.addEventListener("input", () => {
    told();
    look.tell({ type: "epoch", epoch: kept.epoch });
  });
  told();
  return element("label", { class: "look-epoch" }, element("span", {}, say("epoch")), slider, output);
}
