// The panel "training": one is started and followed; its curves, and what it was at each epoch.
import { asker, colour, element, filled, number, paintMap, percent, still } from "./kit.js";
import { COLUMNS, Curves, epochLines, settings, table } from "./curves.js";

const FIELDS = ["epochs", "batch_size", "learning_rate", "seed"];

export function render({ model, el }) {
  const words = model.get("words"), language = model.get("language");
  const ask = asker(model);
  const kept = model.get("kept") || { form: {}, smoothing: 0.6, log: false, picture: null, drawing: null, id: model.get("chosen") };
  model.set("kept", kept);
  let trainings = model.get("trainings");
  let followed = null;   // {id, points: [[x…], [loss…], [accuracy…]], rows}
  let closed = false;

  const say = (where, error) => where.replaceChildren(...(error ? [element("p", { class: "error", role: "alert" }, error.message)] : []));
  const named = (one) => one.run || (one.network ? filled(words.on, one) : words.unnamed);

  // ---- A new one.

  const wrong = element("div");
  const why = element("div", { class: "why", "aria-live": "polite" });
  const start = element("button", { type: "submit", class: "primary" }, words.start);
  const data = element("select", { onchange: () => { path.parentElement.hidden = data.value !== "?"; changed(); } },
    model.get("data").map(({ key, label }) => element("option", { value: key }, label)),
    model.get("folders") ? element("option", { value: "?" }, words.data_other) : "");
  const path = element("input", { autocomplete: "off", spellcheck: "false", onchange: () => changed() });
  const network = element("select", { onchange: () => changed() }, element("option", { value: "" }, "…"));
  const recipe = ["usual", "fast"].map((name) => element("input", { type: "radio", name: "recipe", value: name, checked: name === (kept.form.recipe || "usual"), onchange: () => changed() }));
  const fields = FIELDS.map((name) => element("input", {
    inputmode: name === "learning_rate" ? "decimal" : "numeric", autocomplete: "off", value: kept.form[name] || "", oninput: () => changed() }));
  const called = element("input", { autocomplete: "off", maxlength: 200, value: kept.form.name || "" });
  const labelled = (text, input) => element("label", {}, element("span", {}, text), input);
  const form = element("form", { class: "card new", onsubmit: begin },
    element("h2", {}, words.new),
    labelled(words.data, data),
    element("label", { hidden: true }, element("span", {}, words.data_path), path),
    labelled(words.network, network),
    element("fieldset", {}, element("legend", {}, words.recipe), recipe.map((radio) => element("label", { class: "row" }, radio, words[`recipe_${radio.value}`]))),
    element("div", { class: "fields" }, FIELDS.map((name, at) => labelled(words[name === "learning_rate" ? "learning_rate_field" : name], fields[at])),
      labelled(words.name, called)),
    wrong, start,
    element("details", { open: true }, element("summary", {}, words.why), why));
  if (kept.form.data) data.value = kept.form.data;
  path.value = kept.form.path || "";
  path.parentElement.hidden = data.value !== "?";

  // A number as it is typed in the page's language.
  const typed = (text) => (text.trim() === "" ? null : Number(text.trim().replace(",", ".").replace(/\s/g, "")));

  function asked() {
    const given = Object.fromEntries(FIELDS.map((name, at) => [name, typed(fields[at].value)]));
    for (const [name, value] of Object.entries(given)) {
      if (Number.isNaN(value)) throw new Error(`${words[name === "learning_rate" ? "learning_rate_field" : name]}: ${fields[FIELDS.indexOf(name)].value}?`);
    }
    return {
      data: data.value === "?" ? path.value : data.value, network: network.value || null,
      recipe: recipe.find((radio) => radio.checked).value, fields: given, name: called.value || null,
    };
  }

  let wait = 0, proposed = 0;
  function changed() {
    kept.form = { data: data.value, path: path.value, network: network.value, recipe: recipe.find((radio) => radio.checked).value,
      name: called.value, ...Object.fromEntries(FIELDS.map((name, at) => [name, fields[at].value])) };
    clearTimeout(wait);
    wait = setTimeout(propose, 250);
  }

  async function propose() {
    const mine = ++proposed;
    try {
      const { content } = await ask({ type: "propose", ...asked() });
      if (mine !== proposed || closed) return;
      say(wrong);
      const before = network.value || kept.form.network || "";
      network.replaceChildren(element("option", { value: "" }, filled(words.network_suits, { name: content.suits })),
        ...content.networks.map(({ name, parameters }) => element("option", { value: name, selected: name === before },
          filled(words.weights_count, { name, n: number(parameters, language) }))));
      fields.forEach((field, at) => field.setAttribute("placeholder", number(content.recipe[FIELDS[at]], language, 3)));
      called.setAttribute("placeholder", words.optional);
      const counts = Object.entries(content.counts).map(([split, n]) => filled(words[`split_${split}`], { n: number(n, language) })).join(", ");
      why.replaceChildren(element("ul", {},
        [filled(words.counts, { counts }), filled(words.classes, { n: number(content.classes.length, language), names: content.classes.join(", ") }),
          filled(words.input, { shape: content.shape.slice(1).concat(content.shape[0]).join("×") }), ...content.notes]
          .map((text) => element("li", {}, text))));
    } catch (error) { if (mine === proposed && !closed) say(wrong, error); }
  }

  async function begin(event) {
    event.preventDefault();
    start.disabled = true;
    start.textContent = words.starting_now;
    try {
      const { content, arrays } = await ask({ type: "start", ...asked() });
      say(wrong);
      take(content, arrays);
      reveal();
    } catch (error) { say(wrong, error); }
    start.disabled = false;
    start.textContent = words.start;
  }

  // ---- Those that there are.

  const list = element("ul", { class: "training-list" });
  const shown = element("section", { class: "shown", "aria-live": "off" });
  el.append(element("h1", {}, words.title), element("div", { class: "training-page" },
    element("div", { class: "training-side" }, form, element("section", { class: "card", "aria-label": words.all },
      element("h2", {}, words.all), list)), shown));

  function drawList() {
    const items = trainings.map((one) => element("li", {}, element("button", {
      type: "button", "aria-pressed": String(one.id === kept.id), onclick: async () => { await follow(one.id); reveal(); },
    }, element("span", {}, named(one)), element("span", { class: `state ${one.state}` }, words[`state_${one.state}`]))));
    const focused = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    list.replaceChildren(...(items.length ? items : [element("li", { class: "faint" }, words.none)]));
    if (focused >= 0) list.querySelectorAll("button")[focused]?.focus();
  }

  async function follow(id) {
    try {
      const { content, arrays } = await ask({ type: "follow", id });
      if (!closed) take(content, arrays);
    } catch (error) { say(shown, error); }
  }

  // All of one training, as the server tells it first.
  function take(content, arrays) {
    trainings = content.trainings;
    kept.id = content.id;
    history.replaceState(null, "", `#training?id=${content.id}`);
    if (!followed || followed.id !== content.id) {
      view?.close();
      kept.picture = null;
      followed = { id: content.id, points: [[], [], []], rows: [] };
      view = new Shown(shown);
    }
    splice(content, arrays);
    drawList();
    view.draw();
  }

  // On a phone it is below everything else.
  function reveal() {
    if (shown.getBoundingClientRect().top > innerHeight / 2) shown.scrollIntoView({ behavior: still() ? "auto" : "smooth", block: "start" });
  }

  function splice(content, arrays) {
    const flat = arrays[content.points.array];
    const { points } = followed;
    points.forEach((column) => { column.length = content.from; });
    for (let at = 0; at < flat.length; at += 3) points.forEach((column, which) => column.push(flat[at + which]));
    followed.rows = content.rows;
  }

  const heard = (content, arrays) => {
    if (content.type !== "training") return;
    const { training } = content;
    const at = trainings.findIndex(({ id }) => id === training.id);
    if (at < 0) trainings = [training, ...trainings];
    else trainings[at] = training;
    model.set("trainings", trainings);
    if (followed?.id === training.id && content.points) {
      splice(content, arrays);
      view?.draw();
    }
    drawList();
  };

  // ---- The one that is followed.

  let view = null;

  class Shown {
    constructor(host) {
      this.title = element("h2");
      this.state = element("p", { class: "row", role: "status" });
      this.bar = element("progress", { max: 1, "aria-label": words.how_far });
      this.where = element("p", { class: "small faint where" });
      this.buttons = element("div", { class: "row" });
      this.said = element("div");
      this.notes = element("details", {}, element("summary", {}, words.notes), element("ul", { class: "small" }));
      this.boxes = element("div", { class: "curves" });
      this.none = element("p", { class: "faint" }, words.no_points);
      this.numbers = element("details", { ontoggle: () => this.drawTable() }, element("summary", {}, words.numbers));
      this.curves = ["loss", "accuracy"].map((what) => {
        const box = element("figure", {}, element("figcaption", { class: "small" }, words[what]));
        this.boxes.append(box);
        return new Curves(box, words, language, { what, sync: "training", smoothing: kept.smoothing, log: what === "loss" && kept.log });
      });
      this.epochs = new ByEpoch();
      host.replaceChildren(
        element("div", { class: "card" }, element("div", { class: "row head" }, this.title, this.state), this.bar, this.where, this.buttons, this.said),
        element("div", { class: "card" }, settings(words, language, kept, (change) => this.set(change)), this.none, this.boxes,
          element("p", { class: "small faint" }, words.zoom_help), this.numbers, this.notes),
        this.epochs.box);
    }

    close() {
      this.curves.forEach((curve) => curve.close());
      this.epochs.close();
    }

    set(change) {
      if (!change) { this.curves.forEach((curve) => curve.whole()); return; }
      Object.assign(kept, change);
      this.curves.forEach((curve) => curve.set(this.lines(curve.options.what), {
        smoothing: kept.smoothing, log: curve.options.what === "loss" && kept.log }));
    }

    // The training's by step, and the validation's by epoch.
    lines(what) {
      const [x, loss, accuracy] = followed.points;
      const validation = epochLines(followed.rows, what, words).filter(({ label }) => label === words.validation);
      return [{ label: words.train, colour: "--blue", x, y: what === "loss" ? loss : accuracy },
        ...validation.map((line) => ({ ...line, dots: true }))];
    }

    draw() {
      const one = trainings.find(({ id }) => id === followed.id);
      if (!one) return;
      this.title.textContent = named(one);
      const state = element("span", { class: `state ${one.state}` }, words[`state_${one.state}`]);
      if (this.last !== one.state) this.state.replaceChildren(state);
      const done = one.epochs ? (one.epoch + (one.step && one.steps ? one.step / one.steps : 0)) / one.epochs : 0;
      const progress = one.progress && one.state !== "training" ? one.progress[1] / Math.max(one.progress[2], 1) : done;
      if (one.state === "starting") this.bar.removeAttribute("value"); else this.bar.value = progress;
      this.bar.hidden = !one.going && one.state !== "paused";
      this.where.textContent = this.place(one);
      const doable = JSON.stringify([one.state, one.canGoOn, one.key]);
      if (this.doable !== doable) { this.doable = doable; this.drawButtons(one); }
      const message = JSON.stringify([one.message, one.warning, one.state, one.judged]);
      if (this.message !== message) { this.message = message; this.drawSaid(one); }
      this.notes.hidden = !one.notes.length;
      this.notes.querySelector("ul").replaceChildren(...one.notes.map((text) => element("li", {}, text)));
      this.last = one.state;
      const some = followed.points[0].length + followed.rows.length > 0;
      this.none.hidden = some;
      this.boxes.hidden = !some;
      if (some) this.curves.forEach((curve) => curve.set(this.lines(curve.options.what)));
      this.drawTable();
      this.epochs.draw(one);
    }

    place(one) {
      const parts = [];
      if (one.progress && one.state !== "training") parts.push(`${one.progress[0]} (${number(one.progress[1], language)}/${number(one.progress[2], language)})`);
      else if (one.epochs && one.step && one.going) {
        parts.push(filled(words.at_epoch, { epoch: one.epoch + 1, epochs: one.epochs, step: number(one.step, language), steps: number(one.steps, language) }));
      } else if (one.epochs) parts.push(filled(words.after_epoch, { epoch: one.epoch, epochs: one.epochs }));
      if (one.state === "training" && one.seconds_left !== undefined) {
        parts.push(filled(words.left, { time: this.time(one.seconds_left) }), filled(words.speed, { n: number(Math.round(one.images_per_second), language) }));
      }
      return parts.join(" · ");
    }

    time(seconds) {
      if (seconds < 60) return filled(words.less_minute, { n: Math.ceil(seconds) });
      if (seconds < 3600) return filled(words.minutes, { n: Math.ceil(seconds / 60) });
      return filled(words.hours, { n: Math.floor(seconds / 3600), m: Math.round((seconds % 3600) / 60) });
    }

    drawButtons(one) {
      const button = (text, type, attributes = {}) => element("button", {
        type: "button", ...attributes, onclick: async ({ target }) => {
          target.disabled = true;
          try {
            const { content } = await ask({ type, id: one.id });
            trainings = content.trainings;
            if (type === "forget") {
              kept.id = followed = null;
              view.close();
              view = null;
              history.replaceState(null, "", "#training");
              shown.replaceChildren(element("p", { class: "card faint" }, words.choose_one));
              drawList();
              list.querySelector("button")?.focus();
              return;
            }
            drawList();
            this.draw();
          } catch (error) { say(this.said, error); target.disabled = false; }
        },
      }, text);
      const working = ["starting", "preparing", "training", "judging"].includes(one.state);
      const had = this.buttons.contains(document.activeElement);
      this.buttons.replaceChildren(...[
        one.going && button(words.pause, "pause", { disabled: !working && one.state !== "stopping" }),
        one.canGoOn && one.state !== "diverged" && button(words.resume, "resume", { class: "primary" }),
        one.going && button(words.stop, "stop", { disabled: !["starting", "preparing", "training"].includes(one.state) }),
        one.canGoOn && one.state !== "diverged" && followed.rows.length > 0 && button(words.finish, "stop"),
        one.state === "finished" && element("a", { class: "button", href: `report/${one.key}`, target: "_blank", rel: "noopener" }, words.report),
        one.key && followed.rows.length > 0 && element("button", { type: "button", onclick: () => model.go("look", { subject: one.key }) }, words.look),
        !one.going && button(words.forget, "forget", { title: words.forget_help }),
      ].filter(Boolean));
      // The button that was pressed is gone; the next one takes its place.
      if (had) this.buttons.querySelector("button:not(:disabled), a")?.focus();
    }

    drawSaid(one) {
      const help = { killed: words.killed_help, paused: words.paused_help }[one.state];
      this.said.replaceChildren(...[
        one.judged && one.state === "finished" && element("p", {}, filled(words.judged, {
          accuracy: percent(one.judged.accuracy, language, 1), low: percent(one.judged.low, language, 1), high: percent(one.judged.high, language, 1),
          n: number(one.judged.n, language), split: words[`judged_${one.judged.split}`],
        })),
        one.warning && element("div", { class: "warning", role: "alert" }, element("strong", {}, words.warning), element("p", {}, one.warning)),
        one.message && !["paused"].includes(one.state) && element("p", { class: "error", role: "alert" }, one.message),
        help && one.canGoOn && element("p", { class: "small faint" }, help),
      ].filter(Boolean));
    }

    drawTable() {
      const count = JSON.stringify([this.numbers.open, followed?.rows]);
      if (!this.numbers.open || this.table === count) return;
      this.table = count;
      this.numbers.querySelector(".scroll")?.remove();
      this.numbers.append(table(followed.rows, COLUMNS, words, language));
    }
  }

  // ---- Epoch by epoch: the kernels, and the answer for one picture.

  class ByEpoch {
    constructor() {
      this.box = element("section", { class: "card by-epoch", "aria-label": words.epoch_by_epoch });
      this.at = null;          // the epoch that is shown; null for the latest
      this.answers = null;     // {epochs, values: [[…]]}
      this.filters = new Map();
      this.slider = element("input", { type: "range", min: 0, step: 1, "aria-label": words.epoch, oninput: () => {
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
      this.truth = element("p", { class: "small faint" });
      this.pad = element("div");
      this.said = element("div");
      this.plot = element("figure", {}, element("figcaption", { class: "small" }, words.answers_by_epoch));
      this.keeping = element("p", { class: "small faint" });
      this.body = element("div", { hidden: true },
        element("div", { class: "row slide" }, this.output, this.slider),
        element("div", { class: "epoch-parts" },
          element("div", {}, this.caption, this.tiles, this.scale),
          element("div", {}, this.pad, element("p", { class: "small" }, words.examples), this.pictures, this.truth),
          element("div", {}, element("p", { class: "small" }, words.answer), this.bars)),
        this.plot, this.said);
      this.none = element("p", { class: "faint" }, words.nothing_yet);
      this.box.append(element("h2", {}, words.epoch_by_epoch), this.keeping, this.none, this.body);
      this.curve = new Curves(this.plot, words, language, { what: "accuracy", height: 170 });
      this.epochs = [];
    }

    close() { this.curve.close(); }

    draw(one) {
      const epochs = one.kept;
      this.keeping.textContent = !one.parameters ? "" : one.keepsEvery === 1 ? words.kept_all
        : one.keepsEvery ? filled(words.kept_some, { n: one.keepsEvery }) : words.kept_none;
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
        const { content, arrays } = await ask({ type: "examples", id: followed.id });
        if (closed) return;
        this.about = content;
        this.classes = content.classes;
        const pictures = arrays[content.pictures.array];
        if (content.drawable) this.drawPad(content);
        this.drawPictures(content, pictures);
        if (!kept.picture) kept.picture = { example: 0 };
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
        return element("button", { type: "button", "data-example": at, "aria-label": filled(words.example, { n: at + 1, label }), title: label,
          onclick: () => { kept.picture = { example: at }; this.answer(); } }, canvas);
      }));
    }

    // What is drawn: as light on dark, or the reverse, as the pictures are that it learns.
    drawPad(content) {
      const side = 140, light = content.ink === "light";
      const canvas = element("canvas", { width: side, height: side, class: "pad", tabindex: 0, role: "img", "aria-label": words.drawing });
      const context = canvas.getContext("2d", { willReadFrequently: true });
      const empty = () => { context.fillStyle = light ? "black" : "white"; context.fillRect(0, 0, side, side); };
      empty();
      if (kept.drawing) context.putImageData(new ImageData(new Uint8ClampedArray(kept.drawing), side, side), 0, 0);
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
        kept.drawing = context.getImageData(0, 0, side, side).data;
        kept.picture = { drawing: this.grey(kept.drawing, side) };
        this.answer();
      };
      canvas.addEventListener("pointerup", end);
      canvas.addEventListener("pointercancel", end);
      this.pad.replaceChildren(element("p", { class: "small" }, words.draw_here), canvas,
        element("button", { type: "button", onclick: () => { empty(); kept.drawing = null; if (kept.picture?.drawing) { kept.picture = { example: 0 }; this.answer(); } } }, words.clear));
    }

    grey(rgba, side) {
      const values = new Uint8Array(side * side);
      for (let at = 0; at < values.length; at++) values[at] = rgba[4 * at];
      values.shape = [side, side];
      return values;
    }

    async answer() {
      if (!kept.picture || !this.classes) return;
      const { example, drawing } = kept.picture;
      for (const button of this.pictures.children) button.setAttribute("aria-pressed", String(Number(button.dataset.example) === example));
      this.truth.textContent = example === undefined ? "" : filled(words.truth, { label: this.about.labels[example] });
      const mine = this.asked = (this.asked || 0) + 1;
      try {
        const { content, arrays } = await ask({ type: "answers", id: followed.id, example }, drawing ? [drawing] : []);
        if (mine !== this.asked || closed) return;
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
      this.output.textContent = filled(words.after, { n: epoch }) + (this.at === null ? ` (${words.latest})` : "");
      this.slider.setAttribute("aria-valuetext", this.output.textContent);
      this.drawAnswer();
      if (!this.filters.has(epoch)) {
        try {
          const { content, arrays } = await ask({ type: "filters", id: followed.id, epoch });
          this.filters.set(epoch, [content, arrays[content.filters.array]]);
        } catch (error) { this.caption.textContent = error.message; return; }
      }
      if (closed || this.shown !== epoch) return;
      const [content, tiles] = this.filters.get(epoch);
      const [n, h, w, channels] = tiles.shape;
      this.caption.textContent = filled(words.filters, { layer: content.layer });
      this.scale.textContent = filled(words.filters_scale, { limit: number(content.limit, language), shown: number(n, language), of: number(content.of, language) });
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
        element("td", { class: "meter" }, element("progress", { max: 1, value: values[index], "aria-hidden": "true" })),
        element("td", { class: "number" }, percent(values[index], language, 1)))))));
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

  model.on("msg:custom", heard);
  drawList();
  propose();
  if (kept.id && trainings.some(({ id }) => id === kept.id)) follow(kept.id);
  else if (trainings.some(({ going }) => going)) follow(trainings.find(({ going }) => going).id);
  else shown.replaceChildren(element("p", { class: "card faint" }, words.choose_one));
  return () => { closed = true; clearTimeout(wait); view?.close(); ask.close(); model.off("msg:custom", heard); };
}
