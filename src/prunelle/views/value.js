// How one value of one map comes about: what it reads, times what, plus what; and the way back, layer by layer.
import { button, element, newest } from "./kit.js";
import { matrix, reaching } from "./maps.js";

const LISTED = 6; // of what is added up, the rest together
const ANSWER = "probabilities"; // the network's answer, as if it were a layer

export function explaining(look) {
  const { say, kept } = look, title = element("h3", { tabindex: -1 }), result = element("output", { class: "look-result" });
  const trail = element("ol", { class: "look-trail", "aria-label": say("trail") }), steps = element("div");
  const held = element("p", { class: "faint small" }), spoken = element("p", { class: "hidden-text", "aria-live": "polite" });
  const follow = button(say("follow"), () => go(), { class: "primary" });
  const open = button(say("open_this"), () => look.emit("channel", { layer: kept.point.layer, channel: kept.point.channel }));
  const close = button("×", () => look.emit("point", { point: null, held: true }), { class: "look-close", "aria-label": say("close") });
  const node = element("aside", { class: "look-inspector card", "aria-label": say("value") });
  const hint = element("p", { class: "faint" }, say("value_hint"));
  const whole = [element("header", {}, title, close), trail, result, steps, element("div", { class: "row" }, follow, open), held, spoken];
  const origins = new Map(); // by layer: the layers that its windows lie in
  let hold = false, shown = null, channel = null, speaking;
  node.append(hint);

  const ask = newest(async (point, since) => {
    const reply = point.layer === "input" ? pixel(point) : await look.ask({ type: "value", ...point });
    if (JSON.stringify(point) !== JSON.stringify(kept.point)) return;
    if (JSON.stringify(point) !== JSON.stringify(shown?.point)) channel = null;
    shown = { point, ...reply };
    draw();
    if (since) look.measured("answered", since);
    clearTimeout(speaking);
    speaking = setTimeout(() => { spoken.textContent = `${placeOf(look, point)}: ${result.textContent}`; }, 500);
    await frame();
  }, (error) => steps.replaceChildren(element("p", { class: "error" }, error.message)));
  look.ending(() => clearTimeout(speaking));

  function draw() {
    const { point } = shown, [first] = shown.steps, layer = look.layer(point.layer);
    // What the keyboard stands on is there again after a stroke.
    const { key } = steps.contains(document.activeElement) ? document.activeElement.dataset : {};
    result.textContent = look.num(shown.value, 4);
    open.hidden = !layer || layer.shape.length < 3;
    follow.hidden = point.layer === ANSWER ? !logit() : !strongest(first);
    const drawn = new Explanation(look, { channel, choose: (c) => { channel = c; draw(); frame(); }, pick: go, arrive, logit });
    const differences = shown.steps.map((step) => step.exact).filter((exact) => typeof exact === "number");
    steps.replaceChildren(...shown.steps.map((step) => drawn.step(step)));
    if (differences.length) {
      const difference = Math.max(...differences);
      const text = difference ? say("near", { difference: look.num(difference, 2) }) : say("exact");
      steps.append(element("p", { class: "faint small" }, text));
    }
    if (key) steps.querySelector(`[data-key="${key}"]`)?.focus();
  }

  // The window, on the maps that it lies in. Which maps these are is asked for once a layer.
  async function frame() {
    const { point, receptive, steps: [first] } = shown;
    if (!first?.at) return look.emit("valued", { receptive });
    const c = first.kind === "pooling" ? point.channel : channel ?? largest(first.parts)[0];
    const from = strongest(first, channel);
    if (!origins.has(point.layer)) {
      const { sources } = await look.ask({ type: "follow", ...point, ...from });
      if (!sources.length || shown.point !== point) return;
      origins.set(point.layer, { sources: [...new Set(sources.map((source) => source.layer))], shift: sources[0].channel - from.c });
    }
    const { y0, x0, dy, dx } = first.at, [kh, kw] = first.window.shape.slice(-2), { sources, shift } = origins.get(point.layer);
    const chosen = first.kind === "pooling" ? c : c + shift, alone = first.kind === "pooling" ? c : null;
    look.emit("valued", { receptive, window: { sources, chosen, alone, x: x0, y: y0, w: (kw - 1) * dx + 1, h: (kh - 1) * dy + 1 } });
  }

  // The score that a probability is made of; null of a network whose last layer gives something else.
  function logit(channel_ = kept.point.channel) {
    const last = look.layers.at(-1);
    return last.shape.length === 1 && last.shape[0] === look.get("outputs") ? { layer: last.name, channel: channel_, y: 0, x: 0 } : null;
  }

  // The end of the way: a number of the input itself.
  function pixel({ channel: c, y, x }) {
    const { input, series } = look.answer, values = series ?? input, width = look.size[1], channels = input.shape[2] ?? 1;
    const value = series ? values[c * width + x] : values[(y * width + x) * channels + c];
    return { value, steps: [{ kind: "input", result: value }] };
  }

  look.on("point", ({ point, held: holds, on, since = performance.now() }) => {
    if (!holds && (hold || kept.channel)) return;
    hold = Boolean(point && holds);
    if (!on) kept.trail = [];
    kept.point = point;
    if (holds && kept.channel && !on) look.emit("channel", null);
    node.classList.toggle("look-shown", Boolean(point));
    if (!point) { shown = null; return node.replaceChildren(hint); }
    title.textContent = placeOf(look, point);
    trail.replaceChildren(...kept.trail.map((each, at) => element("li", {}, button(placeOf(look, each), () => back(at)))));
    trail.hidden = !kept.trail.length;
    held.textContent = say(hold ? "held" : "not_held");
    if (!node.contains(title)) node.replaceChildren(...whole);
    return ask(point, since);
  });
  look.on("answer", () => kept.point && ask(kept.point));
  look.on("channel", (opened) => { node.hidden = Boolean(opened?.layer); });

  // To where the value came from: an element of what it reads, by default the one that counts most.
  async function go(from = shown && strongest(shown.steps[0])) {
    if (shown?.point.layer === ANSWER && logit()) return arrive(logit());
    if (!from) return;
    try {
      const { sources } = await look.ask({ type: "follow", ...shown.point, ...from });
      if (sources.length > 1) several(sources.slice(0, 2 * LISTED));
      else if (sources.length) arrive(sources[0]);
    } catch (error) { look.failed(error); }
  }
  const several = (sources) => {
    steps.querySelector(".look-several")?.remove();
    const choices = sources.map((source) => element("li", {}, button(`${placeOf(look, source)}: ${look.num(source.value)}`, () => arrive(source))));
    steps.prepend(element("div", { class: "look-several" }, element("p", {}, say("several")), element("ul", {}, choices)));
    steps.querySelector(".look-several button").focus();
  };
  function arrive({ layer, channel: c, y, x }) {
    kept.trail.push(kept.point);
    step({ layer, channel: c, y, x });
  }
  function back(at = kept.trail.length - 1) {
    if (at < 0) return;
    const [point] = kept.trail.splice(at);
    step(point);
  }
  function step(point) {
    const inside = node.contains(document.activeElement);
    look.emit("point", { point, held: true, on: true });
    look.go(point, { focus: !inside });
    if (inside) title.focus();
  }
  look.on("follow", () => go());
  look.on("back", () => back());
  const escape = (event) => {
    if (event.key !== "Escape" || !look.el.isConnected) return;
    if (kept.channel) look.emit("channel", null);
    else if (kept.point) look.emit("point", { point: null, held: true });
  };
  document.addEventListener("keydown", escape);
  look.ending(() => document.removeEventListener("keydown", escape));
  return node;
}

// "conv1, channel 3, row 5, column 7", as far as it makes sense for the layer.
export function placeOf(look, { layer: name, channel, y, x }) {
  const { say, layers } = look, layer = look.layer(name), series = look.kind === "series";
  const at = { layer: name === "input" ? say(series ? "series" : "picture") : name, n: channel + 1, row: y + 1, column: x + 1 };
  if (name === ANSWER) return say("at_probability", { name: look.className(channel) });
  if (layer === layers.at(-1) && layer.shape[0] === look.classes?.length) return say("at_class", { ...at, name: look.className(channel) });
  if (layer && (layer.shape[1] ?? 1) * (layer.shape[2] ?? 1) === 1) return say("at_unit", at);
  return say(series ? "at_time" : "at_place", at);
}

const largest = (values) => [...values.keys()].sort((a, b) => Math.abs(values[b] || 0) - Math.abs(values[a] || 0));
const times = (values, weights) => Float32Array.from(values, (value, i) => value * weights[i]);
const total = (values) => values.reduce((sum, value) => sum + value, 0);

// What counts most of what a step reads; of a convolution within one of its channels where that is given.
function strongest(step, channel = null) {
  if (step?.kind === "dense") return { c: largest(times(step.inputs, step.weights))[0], wy: 0, wx: 0 };
  if (step?.kind === "pooling") {
    const width = step.window.shape.at(-1), [at] = largest(step.window);
    const [wy, wx] = step.chosen ?? [Math.floor(at / width), at % width];
    return { c: 0, wy, wx };
  }
  if (step?.kind !== "convolution") return null;
  const [, height, width] = step.window.shape, area = height * width, products = times(step.window, step.weights);
  const from = channel === null ? 0 : channel * area, part = channel === null ? products : products.subarray(from, from + area);
  const at = from + largest(part)[0], within = at % area;
  return { c: Math.floor(at / area), wy: Math.floor(within / width), wx: within % width };
}

// Draws steps. `channel`: of a convolution's input, whose products are shown; null for the one that counts most.
class Explanation {
  constructor(look, given) {
    Object.assign(this, given, { look, say: look.say });
    this.long = (value) => look.num(value, 4);
    this.short = (value) => look.num(value, 2);
    this.signed = (value, written = this.long) => (value < 0 ? `(${written(value)})` : written(value));
  }

  step(step) {
    const name = ["activation", "other"].includes(step.kind) ? step.name : this.say(`step_${step.how ?? step.kind}`);
    const draw = { sum: this.other, other: this.other, input: this.input }[step.kind] ?? this[step.kind];
    return element("section", { class: "look-step" }, element("h4", {}, name), draw.call(this, step));
  }

  // What is computed, and its result: "a + b = c". A text, or [text, what it is].
  formula(terms, result, write = this.long) {
    const parts = terms.map((term) => (Array.isArray(term) ? element("span", { title: term[1] }, term[0]) : term));
    return element("p", { class: "look-formula" }, parts, " = ", element("b", {}, write(result)));
  }

  added(sum, bias, result) {
    const terms = [[this.long(sum), this.say("sum_products")]];
    if (bias !== null) terms.push(" + ", [this.signed(bias), this.say("bias")]);
    return this.formula(terms, result);
  }

  // Parts of a sum as bars; what `act` does makes one a button.
  bars(parts) {
    const top = Math.max(...parts.map(({ value }) => Math.abs(value))) || 1;
    return element("ul", { class: "look-parts" }, parts.map(({ label, value, key, pressed, act }) => {
      const bar = element("i", { class: value < 0 ? "low" : null });
      bar.style.setProperty("--share", `${(100 * Math.abs(value)) / top}%`);
      const cells = [element("span", { title: label }, label), bar, element("b", {}, this.short(value))];
      return element("li", {}, act ? button(cells, act, { "aria-pressed": pressed, "data-key": key }) : element("div", {}, cells));
    }));
  }

  others(count, value) { return count > 0 ? [{ label: this.say("others", { n: count }), value }] : []; }

  convolution({ window, weights, parts, bias, first, inside, result }) {
    const [channels, height, width] = window.shape, area = height * width, order = largest(parts), c = this.channel ?? order[0];
    const products = times(window, weights), { language } = this.look;
    const table = (values, caption, more) => matrix(values.subarray(c * area, (c + 1) * area), height, width,
      { caption: this.say(caption), language, reach: reaching(values), ...more });
    const sign = (text) => element("span", { class: "sign" }, text);
    const tables = element("div", { class: `look-product${height === 1 && width > 3 ? " line" : ""}` },
      table(window, "window", { inside, pick: (wy, wx) => this.pick({ c, wy, wx }) }), sign("×"),
      table(weights, "kernel", {}), sign("="), table(products, "products", { inside }));
    const name = (i) => this.say("channel_n", { n: first + i + 1 });
    const listed = [...new Set([...order.slice(0, LISTED), c])], rest = order.filter((i) => !listed.includes(i));
    const bars = channels > 1 && this.bars([
      ...listed.map((i) => ({ label: name(i), value: parts[i], key: `c${i}`, pressed: i === c, act: () => this.choose(i) })),
      ...this.others(rest.length, total(rest.map((i) => parts[i])))]);
    const about = channels > 1 && element("p", { class: "small faint" }, this.choice(order, c, name), this.say("of_channel", { sum: this.long(parts[c]) }));
    return [tables, about, bars, this.added(total(parts), bias, result)];
  }

  // Any channel, the one that counts most first.
  choice(order, chosen, name) {
    const options = order.map((i) => element("option", { value: i, selected: i === chosen }, name(i)));
    const select = element("select", { "aria-label": this.say("which_channel"), "data-key": "channel" }, options);
    select.addEventListener("change", () => this.choose(Number(select.value)));
    return [select, " "];
  }

  pooling({ window, how, chosen, result }) {
    const [height, width] = window.shape.slice(-2), inside = Array.from(window, Number.isFinite), { language } = this.look;
    const pick = (wy, wx) => this.pick({ c: 0, wy, wx });
    return [matrix(window, height, width, { caption: this.say("window"), language, inside, chosen, pick }),
      this.formula([this.say(`is_${how}`, { n: inside.filter(Boolean).length })], result)];
  }

  dense({ inputs, weights, bias, result }) {
    const products = times(inputs, weights), order = largest(products), listed = order.slice(0, 2 * LISTED);
    const written = (i) => `${i + 1}: ${this.short(inputs[i])} × ${this.signed(weights[i], this.short)}`;
    const rest = order.slice(listed.length).map((i) => products[i]);
    return [this.bars([...listed.map((i) => ({ label: written(i), value: products[i], key: `d${i}`, act: () => this.pick({ c: i, wy: 0, wx: 0 }) })),
      ...this.others(rest.length, total(rest))]), this.added(total(products), bias, result)];
  }

  normalisation({ before, mean, std, weight, bias, result }) {
    const { long, signed, say } = this;
    return this.formula(["(", [long(before), say("before")], " − ", [signed(mean), say("mean")], ") ÷ ", [long(std), say("deviation")],
      " × ", [signed(weight), say("gain")], " + ", [signed(bias), say("shift")]], result);
  }

  activation({ name, before, result }) { return this.formula([`${name}(${this.long(before)})`], result); }

  softmax({ logits, index, log, result }) {
    const most = Math.max(...logits), parts = logits.map((value) => Math.exp(value - most));
    const listed = [...new Set([...largest(parts).slice(0, LISTED), index])];
    const label = (i) => `${this.look.className(i)}: exp(${this.short(logits[i])})`;
    return [element("p", { class: "small faint" }, this.say("softmax_text", { most: this.short(most) })),
      this.bars(listed.map((i) => ({ label: label(i), value: parts[i], key: `s${i}`, act: this.logit(i) && (() => this.arrive(this.logit(i))) }))),
      this.formula([`${log ? "log " : ""}${this.short(parts[index])} ÷ ${this.short(total(parts))}`], result, log ? this.long : this.look.percent)];
  }

  // What stands between modules (a sum of branches), or a module without arithmetic of its own here.
  other({ kind, parts, count, rest, result }) {
    const listed = parts.slice(0, 2 * LISTED), left = rest + total(parts.slice(listed.length).map(({ share }) => share));
    const bars = listed.map((part, i) => {
      const from = { layer: part.name, channel: part.channel, y: part.y, x: part.x };
      return { label: placeOf(this.look, from), value: part.share, key: `o${i}`, act: () => this.arrive(from) };
    });
    if (kind === "sum") bars.push(...this.others(count - listed.length, left));
    return [bars.length > 0 && this.bars(bars), this.formula([kind === "sum" ? this.say("sum_parts") : ""], result)];
  }

  input() { return element("p", {}, this.say(this.look.kind === "series" ? "is_series" : "is_picture")); }
}
