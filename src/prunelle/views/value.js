// How one value of one map comes about: what it reads, times what, plus what; and the way back, layer by layer.
import { button, element, newest, withColon } from "./kit.js";
import { ANSWER, Explanation, largest, placeOf, strongest } from "./explanation.js";

const CHOICES = 12;

export function explaining(look) {
  const { say, kept } = look, title = element("h3", { tabindex: -1 }), result = element("output", { class: "look-result" });
  const trail = element("ol", { class: "look-trail", "aria-label": say("trail") }), steps = element("div");
  const held = element("p", { class: "faint small" }), spoken = element("p", { class: "hidden-text", "aria-live": "polite" });
  const follow = button(say("follow"), () => go(), { class: "primary" });
  const open = button(say("open_this"), () => look.emit("channel", { layer: kept.point.layer, channel: kept.point.channel }));
  const release = () => look.emit("point", { point: null, held: true });
  const close = button("×", release, { class: "look-close", "aria-label": say("close") });
  const node = element("aside", { class: "look-inspector card", "aria-label": say("value") });
  const hint = element("p", { class: "faint" }, say("value_hint"));
  const tools = element("div", { class: "row" }, follow, open);
  const whole = [element("header", {}, title, close), trail, result, steps, tools, held, spoken];
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
    speaking = setTimeout(() => { spoken.textContent = withColon(look.language, placeOf(look, point), result.textContent); }, 500);
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
    const choose = (c) => { channel = c; draw(); frame(); };
    const drawn = new Explanation(look, { channel, choose, pick: go, arrive, logit });
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
      const layers = [...new Set(sources.map((source) => source.layer))];
      origins.set(point.layer, { sources: layers, shift: sources[0].channel - from.c });
    }
    const { y0, x0, dy, dx } = first.at, [kh, kw] = first.window.shape.slice(-2);
    const { sources, shift } = origins.get(point.layer);
    const chosen = first.kind === "pooling" ? c : c + shift, alone = first.kind === "pooling" ? c : null;
    const cells = { x: x0, y: y0, w: (kw - 1) * dx + 1, h: (kh - 1) * dy + 1 };
    look.emit("valued", { receptive, window: { sources, chosen, alone, ...cells } });
  }

  // The score that a probability is made of; null of a network whose last layer gives something else.
  function logit(channel_ = kept.point.channel) {
    const last = look.layers.at(-1);
    const [units, ...places] = last.shape;
    // One unit answers for two classes.
    if (places.length || (units !== look.get("outputs") && units !== 1)) return null;
    return { layer: last.name, channel: Math.min(channel_, units - 1), y: 0, x: 0 };
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
      if (sources.length > 1) several(sources.slice(0, CHOICES));
      else if (sources.length) arrive(sources[0]);
    } catch (error) { look.failed(error); }
  }
  const several = (sources) => {
    steps.querySelector(".look-several")?.remove();
    const choices = sources.map((source) => element("li", {},
      button(withColon(look.language, placeOf(look, source), look.num(source.value)), () => arrive(source))));
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
    else if (kept.point) release();
  };
  document.addEventListener("keydown", escape);
  look.ending(() => document.removeEventListener("keydown", escape));
  return node;
}
