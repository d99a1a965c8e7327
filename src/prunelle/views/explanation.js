// The steps from what is read to a value, drawn: windows, kernels, products, sums.
import { button, element, withColon } from "./kit.js";
import { matrix, reaching } from "./maps.js";

const LISTED = 6; // of what is added up, the rest together
export const ANSWER = "probabilities"; // the network's answer, as if it were a layer

// "conv1, channel 3, row 5, column 7", as far as it makes sense for the layer.
export function placeOf(look, { layer: name, channel, y, x }) {
  const { say, layers } = look, layer = look.layer(name), series = look.kind === "series";
  const from = name === "input" ? say(series ? "series" : "picture") : name;
  const at = { layer: from, n: channel + 1, row: y + 1, column: x + 1, name: look.className(channel) };
  if (name === ANSWER) return say(look.get("target") === "number" ? "at_number" : "at_probability", { name: look.className(channel) });
  if (layer === layers.at(-1) && layer.shape[0] === look.classes?.length) return say("at_class", at);
  if (layer && (layer.shape[1] ?? 1) * (layer.shape[2] ?? 1) === 1) return say("at_unit", at);
  return say(series ? "at_time" : "at_place", at);
}

export const largest = (values) => [...values.keys()].sort((a, b) => Math.abs(values[b] || 0) - Math.abs(values[a] || 0));
const times = (values, weights) => Float32Array.from(values, (value, i) => value * weights[i]);
const total = (values) => values.reduce((sum, value) => sum + value, 0);

// What counts most of what a step reads; of a convolution within one of its channels where that is given.
export function strongest(step, channel = null) {
  if (step?.kind === "dense") return { c: largest(times(step.inputs, step.weights))[0], wy: 0, wx: 0 };
  if (step?.kind === "pooling") {
    const width = step.window.shape.at(-1), [at] = largest(step.window);
    const [wy, wx] = step.chosen ?? [Math.floor(at / width), at % width];
    return { c: 0, wy, wx };
  }
  // What is done place by place read one value: behind a concatenation, say, where no step stands before it.
  if (["activation", "normalisation"].includes(step?.kind)) return { c: 0, wy: 0, wx: 0 };
  if (step?.kind !== "convolution") return null;
  const [, height, width] = step.window.shape, area = height * width, products = times(step.window, step.weights);
  const from = channel === null ? 0 : channel * area;
  const part = channel === null ? products : products.subarray(from, from + area);
  const at = from + largest(part)[0], within = at % area;
  return { c: Math.floor(at / area), wy: Math.floor(within / width), wx: within % width };
}

// Draws steps. `channel`: of a convolution's input, whose products are shown; null for the one that counts most.
export class Explanation {
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
      const pressing = { "aria-pressed": pressed, "data-key": key };
      return element("li", {}, act ? button(cells, act, pressing) : element("div", {}, cells));
    }));
  }

  others(count, value) { return count > 0 ? [{ label: this.say("others", { n: count }), value }] : []; }

  convolution({ window, weights, parts, bias, first, inside, result }) {
    const [channels, height, width] = window.shape, area = height * width;
    const order = largest(parts), c = this.channel ?? order[0];
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
    const about = channels > 1 && element("p", { class: "small faint" }, this.choice(order, c, name),
      this.say("of_channel", { sum: this.long(parts[c]) }));
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
    const written = (i) => withColon(this.look.language, i + 1, `${this.short(inputs[i])} × ${this.signed(weights[i], this.short)}`);
    const rest = order.slice(listed.length).map((i) => products[i]);
    const bars = listed.map((i) =>
      ({ label: written(i), value: products[i], key: `d${i}`, act: () => this.pick({ c: i, wy: 0, wx: 0 }) }));
    bars.push(...this.others(rest.length, total(rest)));
    return [this.bars(bars), this.added(total(products), bias, result)];
  }

  normalisation({ before, mean, std, weight, bias, result }) {
    const { long, signed, say } = this;
    return this.formula(["(", [long(before), say("before")], " − ", [signed(mean), say("mean")], ") ÷ ",
      [long(std), say("deviation")], " × ", [signed(weight), say("gain")], " + ", [signed(bias), say("shift")]], result);
  }

  unit({ before, std, mean, result }) {
    const { long, signed, say } = this;
    return this.formula([[long(before), say("before")], " × ", [long(std), say("deviation")], " + ", [signed(mean), say("mean")]], result);
  }

  activation({ name, before, result }) { return this.formula([`${name}(${this.long(before)})`], result); }

  softmax({ logits, index, log, result }) {
    const most = Math.max(...logits), parts = logits.map((value) => Math.exp(value - most));
    const listed = [...new Set([...largest(parts).slice(0, LISTED), index])];
    const label = (i) => withColon(this.look.language, this.look.className(i), `exp(${this.short(logits[i])} − ${this.signed(most, this.short)})`);
    const bars = listed.map((i) =>
      ({ label: label(i), value: parts[i], key: `s${i}`, act: this.logit(i) && (() => this.arrive(this.logit(i))) }));
    bars.push(...this.others(parts.length - listed.length, total(parts) - total(listed.map((i) => parts[i]))));
    const share = `${log ? "log " : ""}${this.long(parts[index])} ÷ ${this.long(total(parts))}`;
    return [element("p", { class: "small faint" }, this.say("softmax_text", { most: this.short(most) })),
      this.bars(bars), this.formula([share], result, log ? this.long : this.look.percent)];
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
