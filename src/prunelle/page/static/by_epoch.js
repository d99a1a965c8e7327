// A training epoch by epoch: the first layer's kernels as they were, and what the network answered to one picture.
import { colour, element, filled, integer, number, paintMap, percent } from "./kit.js";
import { Curves } from "./curves.js";

// What went wrong, in its place; nothing where nothing did.
export function say(where, error) {
  where.replaceChildren(...(error ? [element("p", { class: "error", role: "alert" }, error.message)] : []));
}

// How an answer is told: a share on a scale up to 1, or a number. `what` is what the curves are of (curves.js).
const SHARE = { what: "accuracy", text: (value, language) => percent(value, language, 1), meter: (value) => element("progress", { max: 1, value, "aria-hidden": "true" }) };
const TOLD = { class: SHARE, labels: SHARE, number: { what: "answer", text: (value, language) => number(value, language, 4), meter: () => "" } };

export class ByEpoch {
  constructor(id, { words, language, ask, kept }) {
    Object.assign(this, { id, words, language, ask, kept, closed: false });
    this.box = element("section", { class: "card by-epoch", "aria-label": this.words.epoch_by_epoch });
    this.at = null;          // the epoch that is shown; null for the latest
    this.answers = null;     // {epochs, values: [[…]]}
    this.filters = new Map();
    this.slider = element("input", { type: "range", min: 0, step: 1, "aria-label": this.words.epoch, oninput: () => {
      const to = Number(this.slider.value);
      this.at = to === this.epochs.length - 1 ? null : this.epochs[to];
      this.show();
    } });
    this.output = element("output");
    this.caption = element("p", { class: "small" });
    this.scale = element("p", { class: "small faint" });
    this.tiles = element("div", { class: "tiles" });
    this.bars = element("div", { class: "bars" });
    this.pictures = element("div", { class: "samples" });
    this.which = element("p", { class: "small" });
    this.truth = element("p", { class: "small faint" });
    this.pad = element("div");
    this.said = element("div");
    this.plot = element("figure", {}, element("figcaption", { class: "small" }, this.words.answers_by_epoch));
    this.keeping = element("p", { class: "small faint" });
    this.body = element("div", { hidden: true },
      element("div", { class: "row slide" }, this.output, this.slider),
      element("div", { class: "epoch-parts" },
        element("div", {}, this.caption, this.tiles, this.scale),
        element("div", {}, this.pad, this.which, this.pictures, this.truth),
        element("div", {}, element("p", { class: "small" }, this.words.answer), this.bars)),
      this.plot, this.said);
    this.none = element("p", { class: "faint" }, this.words.nothing_yet);
    this.box.append(element("h2", {}, this.words.epoch_by_epoch), this.keeping, this.none, this.body);
    this.curve = this.curveOf(SHARE.what);
    this.epochs = [];
  }

  curveOf(what) { return new Curves(this.plot, this.words, this.language, { what, height: 170 }); }

  close() { this.closed = true; this.curve.close(); }

  draw(one) {
    const epochs = one.kept;
    this.keeping.textContent = !one.parameters ? "" : one.keepsEvery === 1 ? this.words.kept_all
      : one.keepsEvery ? filled(this.words.kept_some, { n: one.keepsEvery }) : this.words.kept_none;
    this.none.hidden = epochs.length > 0 || (one.parameters > 0 && !one.keepsEvery);
    this.body.hidden = !epochs.length;
    if (!epochs.length || epochs.join() === this.epochs.join()) return;
    // Epochs that are done again are done anew.
    if (!this.epochs.every((epoch, at) => epochs[at] === epoch)) this.filters.clear();
    this.epochs = [...epochs];
    this.slider.max = epochs.length - 1;
    if (!this.about) this.open();
    else this.answer();
    this.show();
  }

  async open() {
    this.about = true;
    try {
      const { content, arrays } = await this.ask({ type: "examples", id: this.id });
      if (this.closed) return;
      this.about = content;
      this.classes = content.classes;
      this.told = TOLD[content.target];
      if (this.told !== SHARE) { this.curve.close(); this.curve = this.curveOf(this.told.what); }
      const pictures = arrays[content.pictures.array];
      if (content.drawable) this.drawPad(content);
      this.which.textContent = content.learned ? this.words.examples_train : this.words.examples_test;
      this.drawPictures(content, pictures);
      if (!this.kept.picture) this.kept.picture = { example: 0 };
      this.answer();
    } catch (error) { say(this.said, error); }
  }

  drawPictures(content, pictures) {
    const [n, h, w] = pictures.shape;
    const inColours = content.size.length === 2;
    this.pictures.replaceChildren(...content.labels.map((label, at) => {
      const canvas = element("canvas", { "aria-hidden": "true" });
      const size = pictures.length / n;
      if (inColours) paintMap(canvas, pictures.subarray(at * size, (at + 1) * size), h, w, 3);
      else line(canvas, pictures.subarray(at * size, (at + 1) * size), w);
      return element("button", { type: "button", "data-example": at, "aria-label": filled(this.words.example, { n: at + 1, label }), title: label,
        onclick: () => { this.kept.picture = { example: at }; this.answer(); } }, canvas);
    }));
  }

  // What is drawn: as light on dark, or the reverse, as the pictures are that it learns.
  drawPad(content) {
    const side = 140, light = content.ink === "light";
    const canvas = element("canvas", { width: side, height: side, class: "pad", tabindex: 0, role: "img", "aria-label": this.words.drawing });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const empty = () => { context.fillStyle = light ? "black" : "white"; context.fillRect(0, 0, side, side); };
    empty();
    if (this.kept.drawing) context.putImageData(new ImageData(new Uint8ClampedArray(this.kept.drawing), side, side), 0, 0);
    context.strokeStyle = light ? "white" : "black";
    Object.assign(context, { lineWidth: side / 8, lineCap: "round", lineJoin: "round" });
    let from = null;
    const place = (event) => { const box = canvas.getBoundingClientRect(); return [(event.clientX - box.x) * side / box.width, (event.clientY - box.y) * side / box.height]; };
    const stroke = (event) => {
      const to = place(event);
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
      from = to;
    };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); from = place(event); stroke(event); });
    canvas.addEventListener("pointermove", (event) => { if (from) stroke(event); });
    const end = () => {
      if (!from) return;
      from = null;
      this.kept.drawing = context.getImageData(0, 0, side, side).data;
      this.kept.picture = { drawing: this.grey(this.kept.drawing, side) };
      this.answer();
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    this.pad.replaceChildren(element("p", { class: "small" }, this.words.draw_here), canvas,
      element("button", { type: "button", onclick: () => { empty(); this.kept.drawing = null; if (this.kept.picture?.drawing) { this.kept.picture = { example: 0 }; this.answer(); } } }, this.words.clear));
  }

  grey(rgba, side) {
    const values = new Uint8Array(side * side);
    for (let at = 0; at < values.length; at++) values[at] = rgba[4 * at];
    values.shape = [side, side];
    return values;
  }

  async answer() {
    if (!this.kept.picture || !this.classes) return;
    const { example, drawing } = this.kept.picture;
    for (const button of this.pictures.children) button.setAttribute("aria-pressed", String(Number(button.dataset.example) === example));
    this.truth.textContent = example === undefined ? "" : filled(this.words.truth, { label: this.about.labels[example] });
    const mine = this.asked = (this.asked || 0) + 1;
    try {
      const { content, arrays } = await this.ask({ type: "answers", id: this.id, example }, drawing ? [drawing] : []);
      if (mine !== this.asked || this.closed) return;
      say(this.said);
      const flat = arrays[content.answers.array], k = flat.shape[1];
      this.answers = { epochs: content.epochs, values: content.epochs.map((_, at) => flat.subarray(at * k, (at + 1) * k)) };
      this.drawAnswer();
      this.drawPlot();
    } catch (error) { if (mine === this.asked) say(this.said, error); }
  }

  get shown() { return this.at ?? this.epochs[this.epochs.length - 1]; }

  async show() {
    const epoch = this.shown;
    this.slider.value = this.epochs.indexOf(epoch);
    this.output.textContent = filled(this.words.after, { n: epoch }) + (this.at === null ? ` (${this.words.latest})` : "");
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
    this.drawAnswer();
    if (!this.filters.has(epoch)) {
      try {
        const { content, arrays } = await this.ask({ type: "filters", id: this.id, epoch });
        this.filters.set(epoch, [content, arrays[content.filters.array]]);
      } catch (error) { this.caption.textContent = error.message; return; }
    }
    if (this.closed || this.shown !== epoch) return;
    const [content, tiles] = this.filters.get(epoch);
    const [n, h, w, channels] = tiles.shape;
    this.caption.textContent = filled(this.words.filters, { layer: content.layer });
    this.scale.textContent = filled(this.words.filters_scale, { limit: number(content.limit, this.language), shown: integer(n, this.language), of: integer(content.of, this.language) });
    while (this.tiles.children.length > n) this.tiles.lastChild.remove();
    for (let at = 0; at < n; at++) {
      const canvas = this.tiles.children[at] || this.tiles.appendChild(element("canvas", { "aria-hidden": "true" }));
      paintMap(canvas, tiles.subarray(at * h * w * channels, (at + 1) * h * w * channels), h, w, channels);
    }
  }

  // The likeliest five at the epoch that is shown.
  drawAnswer() {
    const at = this.answers ? this.answers.epochs.indexOf(this.shown) : -1;
    if (at < 0) return;
    const values = this.answers.values[at];
    const order = [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, 5);
    this.bars.replaceChildren(element("table", {}, element("tbody", {}, order.map((index) => element("tr", {},
      element("th", { scope: "row" }, this.classes[index]),
      element("td", { class: "meter" }, this.told.meter(values[index])),
      element("td", { class: "number" }, this.told.text(values[index], this.language)))))));
  }

  // The likeliest class at the end, and four that were likely on the way.
  drawPlot() {
    const { epochs, values } = this.answers, last = values[values.length - 1];
    const likely = this.classes.map((_, index) => values.reduce((sum, row) => sum + row[index], 0) / values.length);
    likely[last.indexOf(Math.max(...last))] = 2;
    const order = [...likely.keys()].sort((a, b) => likely[b] - likely[a]).slice(0, 5);
    const colours = ["--blue", "--orange", "--green", "--purple", "--amber"];
    this.curve.set(order.map((index, at) => ({ label: this.classes[index], colour: colours[at], x: epochs, y: values.map((row) => row[index]), dots: epochs.length < 12 })));
  }
}

// A series as a small picture: its first channel.
function line(canvas, values, channels) {
  const width = 96, height = 40;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), n = values.length / channels;
  const first = Array.from({ length: n }, (_, at) => values[at * channels]).filter(Number.isFinite);
  const low = Math.min(...first), span = Math.max(...first) - low || 1;
  context.strokeStyle = colour("--blue");
  context.beginPath();
  first.forEach((value, at) => context.lineTo((at * width) / first.length, height - 2 - ((height - 4) * (value - low)) / span));
  context.stroke();
}
