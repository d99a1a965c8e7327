// The panel "runs": all that are there, the newest first, and two of them side by side.
import { asker, element, filled, integer, number, percent } from "./kit.js";
import { COLUMNS, Curves, epochLines, settings, table } from "./curves.js";

const LETTERS = ["A", "B"];
const SVG = "http://www.w3.org/2000/svg";

// What a person has set and chosen: it outlives a server that is lost and comes back.
const remembered = { sort: "new", find: "", chosen: [], open: [], smoothing: 0, log: false };

export function render({ model, el }) {
  const words = model.get("words"), language = model.get("language");
  const ask = asker(model);
  const kept = remembered;
  const curves = [];
  let runs = model.get("runs");

  const list = element("ul", { class: "run-list" });
  const count = element("p", { class: "faint small", role: "status" });
  const side = element("section", { class: "card side", "aria-label": words.side_by_side });
  const hint = element("p", { class: "faint", role: "status" });
  el.append(
    element("h1", {}, words.title),
    element("p", { class: "faint small mono" }, filled(words.in_folder, { folder: model.get("folder") })),
    element("div", { class: "row bar" },
      element("label", { class: "row" }, words.find,
        element("input", { type: "search", value: kept.find, oninput: ({ target }) => { kept.find = target.value; draw(); } })),
      element("label", { class: "row" }, words.sort, element("select", { onchange: ({ target }) => { kept.sort = target.value; draw(); } },
        ["new", "accuracy", "name"].map((key) => element("option", { value: key, selected: key === kept.sort }, words[`sort_${key}`])))),
      count),
    hint, side, list);

  // ---- A line.

  const date = (iso) => {
    const when = new Date(iso);
    return Number.isNaN(when.getTime()) ? "" : new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(when);
  };

  const duration = (seconds) => (seconds === null ? "–" : seconds < 90 ? filled(words.seconds, { n: number(seconds, language, 2) })
    : seconds < 5400 ? filled(words.minutes, { n: number(seconds / 60, language, 2) })
      : filled(words.hours, { n: number(seconds / 3600, language, 2) }));

  const drawn = (tag, attributes) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  function spark(values) {
    const box = drawn("svg", { viewBox: "0 0 96 40", class: "spark", preserveAspectRatio: "none" });
    if (!values.length) { box.setAttribute("aria-hidden", "true"); return box; }
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", filled(words.curve_small,
      { first: percent(values[0], language), last: percent(values[values.length - 1], language) }));
    const low = Math.min(...values), high = Math.max(...values), span = Math.max(high - low, 0.02);
    const points = values.map((value, at) => [
      values.length === 1 ? 48 : 3 + (90 * at) / (values.length - 1), 36 - (32 * (value - low)) / span]);
    if (points.length > 1) box.append(drawn("polyline", { points: points.map((point) => point.join(",")).join(" ") }));
    const [x, y] = points[points.length - 1];
    box.append(drawn("circle", { cx: x, cy: y, r: 2.5 }));
    return box;
  }

  // The interval within [0, 1], and the accuracy in it.
  function interval({ accuracy, low, high }) {
    const box = drawn("svg", { viewBox: "0 0 100 8", class: "interval", preserveAspectRatio: "none", "aria-hidden": "true" });
    box.append(drawn("rect", { x: 0, y: 3, width: 100, height: 2, class: "whole" }),
      drawn("rect", { x: 100 * low, y: 1, width: Math.max(100 * (high - low), 0.8), height: 6, class: "part" }),
      drawn("rect", { x: Math.min(100 * accuracy, 99.2), y: 0, width: 0.8, height: 8, class: "mark" }));
    return box;
  }

  const between = (low, high) => filled(words.interval, { low: percent(low, language), high: percent(high, language) });

  function reached(run) {
    if (run.accuracy === null) return [element("span", { class: "faint" }, run.refused ? "" : words.not_judged)];
    const text = filled(words.right_of, { interval: between(run.low, run.high), n: integer(run.n, language), split: words[`split_${run.split}`] });
    return [element("strong", {}, percent(run.accuracy, language, 1)), interval(run), element("span", { class: "small faint" }, text)];
  }

  function line(run) {
    const id = `run-${run.key}`;
    const chosen = kept.chosen.includes(run.key);
    const state = element("span", { class: `state ${run.state}` }, words[`state_${run.state}`]);
    const epochs = run.of && run.epochs !== run.of ? filled(words.epochs_of, { done: integer(run.epochs, language), all: integer(run.of, language) })
      : filled(words.epochs, { done: integer(run.epochs ?? 0, language) });
    const open = kept.open.includes(run.key);
    const below = element("div", { id: `${id}-curves`, hidden: !open, class: "run-curves" });
    const toggle = element("button", {
      type: "button", "aria-expanded": String(open), "aria-controls": `${id}-curves`, onclick: () => {
        const now = below.hidden;
        below.hidden = !now;
        toggle.setAttribute("aria-expanded", String(now));
        kept.open = now ? [...kept.open, run.key] : kept.open.filter((key) => key !== run.key);
        if (now) unfold(run, below); else below.replaceChildren();
      },
    }, words.curves);
    if (open) unfold(run, below);
    return element("li", { class: "card run", "aria-labelledby": id },
      spark(run.curve),
      element("div", { class: "run-what" },
        element("h2", { id }, run.name),
        run.refused ? element("p", { class: "error" }, run.refused) : element("p", {},
          filled(words.on, { network: run.network, data: run.data }),
          run.comparison ? element("span", { class: "faint" }, " · ", filled(words.of_comparison, { name: run.comparison })) : ""),
        element("p", { class: "small faint row" }, state, run.created ? element("time", { datetime: run.created }, date(run.created)) : "",
          run.refused ? "" : element("span", {}, epochs), run.seconds === null ? "" : element("span", {}, duration(run.seconds)))),
      element("div", { class: "run-reached" }, reached(run)),
      element("div", { class: "row run-do" },
        run.refused ? "" : element("label", { class: "row small" }, element("input", {
          type: "checkbox", checked: chosen, "aria-label": filled(words.choose_name, { name: run.name }), onchange: () => choose(run.key),
        }), words.choose),
        run.epochs ? toggle : "",
        run.report ? element("a", { class: "button", href: `report/${run.key}`, target: "_blank", rel: "noopener" }, words.report) : "",
        run.epochs && !run.refused ? element("button", { type: "button", onclick: () => model.go("look", { subject: run.key }) }, words.look) : "",
        run.accuracy !== null && !run.refused ? element("button", { type: "button", onclick: () => model.go("review", { subject: run.key }) }, words.review) : "",
        run.state === "unfinished" && !run.program ? element("button", { type: "button", onclick: () => goOn(run, below) }, words.go_on) : "",
        run.state === "going" && run.training ? element("button", { type: "button", onclick: () => model.go("training", { id: run.training }) }, words.follow) : ""),
      below);
  }

  async function goOn(run, below) {
    try {
      const { content } = await ask({ type: "resume", key: run.key });
      model.go("training", { id: content.training });
    } catch (error) { below.hidden = false; below.replaceChildren(element("p", { class: "error", role: "alert" }, error.message)); }
  }

  async function unfold(run, below) {
    try {
      const { content } = await ask({ type: "details", key: run.key });
      below.replaceChildren(...plotted([{ rows: content.rows, name: "" }]), figures([run], [content]));
    } catch (error) { below.replaceChildren(element("p", { class: "error", role: "alert" }, error.message)); }
  }

  // Loss and accuracy of one run, or of two over each other: the second dashed.
  function plotted(several) {
    const sync = `runs-${Math.random()}`;
    const boxes = element("div", { class: "curves" });
    const made = ["loss", "accuracy"].map((what) => {
      const box = element("figure", {}, element("figcaption", { class: "small" }, words[what]));
      boxes.append(box);
      return new Curves(box, words, language, { what, sync, smoothing: kept.smoothing, log: what === "loss" && kept.log });
    });
    const lines = (what) => several.flatMap(({ rows, name }, at) => epochLines(rows, what, words, name, at ? [6, 4] : undefined));
    const fill = (options) => made.forEach((curve) => curve.set(lines(curve.options.what), options && {
      ...options, log: curve.options.what === "loss" && kept.log }));
    // They are measured once they are there.
    requestAnimationFrame(() => fill({}));
    curves.push(...made);
    return [settings(words, language, kept, (change) => {
      if (!change) { made.forEach((curve) => curve.whole()); return; }
      Object.assign(kept, change);
      fill(change);
    }), boxes, element("p", { class: "small faint" }, words.zoom_help),
    ...several.map(({ rows, name }) => element("details", {}, element("summary", {}, name ? `${words.numbers} · ${name}` : words.numbers),
      table(rows, COLUMNS, words, language)))];
  }

  function figures(chosen, contents) {
    const names = chosen.length > 1;
    const head = [...(names ? [words.run] : []), words.split, words.accuracy, words.loss, words.examples];
    const lines = contents.flatMap(({ splits }, at) => splits.map((split) => element("tr", {},
      names ? element("th", { scope: "row" }, LETTERS[at]) : null,
      element("td", {}, words[`split_${split.split}`]),
      element("td", { class: "number" }, `${percent(split.accuracy, language, 2)} (${between(...split.interval)})`),
      element("td", { class: "number" }, number(split.loss, language, 3)),
      element("td", { class: "number" }, integer(split.n, language)))));
    const facts = chosen.map((run, at) => element("p", { class: "small faint" }, [
      ...(names ? [LETTERS[at], run.name] : []),
      ...[["best_epoch", integer(run.best, language)], ["parameters", integer(run.parameters, language)],
        ["seed", run.seed ?? "–"], ["duration", duration(run.seconds)]].map(([what, value]) => filled(words.fact, { what: words[what], value }))].join(" · ")));
    return element("div", {}, facts, lines.length ? element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": words.accuracy },
      element("table", {},
        element("thead", {}, element("tr", {}, head.map((text, at) => element("th", { scope: "col", class: at > head.length - 4 ? "number" : null }, text)))),
        element("tbody", {}, lines))) : null);
  }

  // ---- Two of them.

  function choose(key) {
    kept.chosen = kept.chosen.includes(key) ? kept.chosen.filter((other) => other !== key) : [...kept.chosen, key].slice(-2);
    draw();
    compare();
  }

  async function compare() {
    const chosen = kept.chosen.map((key) => runs.find((run) => run.key === key)).filter(Boolean);
    const refusable = runs.filter((run) => !run.refused).length;
    hint.textContent = chosen.length === 1 ? filled(words.one_more, { name: chosen[0].name }) : chosen.length || refusable < 2 ? "" : words.side_hint;
    side.hidden = chosen.length < 2;
    if (chosen.length < 2) { side.replaceChildren(); return; }
    const keys = kept.chosen.join();
    try {
      const { content } = await ask({ type: "compare", keys: kept.chosen });
      if (keys !== kept.chosen.join()) return;
      const points = (share) => number(100 * share, language, 3);
      const { difference } = content;
      // The better one first: nobody wants to read of a negative advantage.
      const turned = difference && difference.mean < 0;
      const [one, other] = turned ? [...chosen].reverse() : chosen;
      const [mean, low, high] = difference ? (turned ? [-difference.mean, -difference.high, -difference.low]
        : [difference.mean, difference.low, difference.high]) : [];
      side.replaceChildren(
        element("div", { class: "row" }, element("h2", {}, words.side_by_side),
          element("button", { type: "button", onclick: () => { kept.chosen = []; draw(); compare(); } }, words.close)),
        element("p", {}, difference ? filled(words.paired, {
          first: one.name, second: other.name, n: integer(difference.n, language), split: words[`split_${difference.split}`],
          difference: points(mean), low: points(low), high: points(high),
          only: integer(difference.only[turned ? 1 : 0], language), other: integer(difference.only[turned ? 0 : 1], language),
        }) : filled(words.not_paired, { why: content.why })),
        difference ? element("p", {}, difference.low > 0 || difference.high < 0 ? words.paired_clear : words.paired_none) : "",
        figures(chosen, content.runs), ...plotted(content.runs.map(({ rows }, at) => ({ rows, name: LETTERS[at] }))));
    } catch (error) { side.replaceChildren(element("p", { class: "error", role: "alert" }, error.message)); }
  }

  // ---- All of them.

  const lines = new Map();  // key → [what was drawn, its element]: a list that comes anew redraws what changed alone

  function draw() {
    const asked = kept.find.trim().toLocaleLowerCase(language);
    const fits = (run) => [run.name, run.network, run.data].some((text) => (text || "").toLocaleLowerCase(language).includes(asked));
    const order = { new: () => 0, accuracy: (a, b) => (b.accuracy ?? -1) - (a.accuracy ?? -1), name: (a, b) => a.name.localeCompare(b.name, language) };
    const shown = runs.filter(fits).sort(order[kept.sort]);
    const wanted = shown.map((run) => {
      const text = JSON.stringify([run, kept.chosen.includes(run.key)]);
      if (lines.get(run.key)?.[0] !== text) lines.set(run.key, [text, line(run)]);
      return lines.get(run.key)[1];
    });
    // What has the focus stays where it is.
    if (wanted.length !== list.children.length || wanted.some((one, at) => one !== list.children[at])) {
      const focused = document.activeElement, within = list.contains(focused) && focused.closest("li")?.getAttribute("aria-labelledby");
      const place = within && [...focused.closest("li").querySelectorAll("a, button, input")].indexOf(focused);
      list.replaceChildren(...wanted);
      if (within) list.querySelector(`li[aria-labelledby="${within}"]`)?.querySelectorAll("a, button, input")[place]?.focus();
    }
    count.textContent = filled(words.updated, { n: integer(shown.length, language) });
    if (!runs.length) list.replaceChildren(element("li", { class: "card" }, element("p", {}, words.none),
      element("button", { type: "button", class: "primary", onclick: () => model.go("training") }, words.to_training)));
    else if (!shown.length) list.replaceChildren(element("li", {}, words.none_found));
  }

  const heard = (content) => {
    if (content.type !== "runs") return;
    const before = JSON.stringify(kept.chosen.map((key) => runs.find((run) => run.key === key)));
    runs = content.runs;
    model.set("runs", runs);
    draw();
    if (before !== JSON.stringify(kept.chosen.map((key) => runs.find((run) => run.key === key)))) compare();
  };
  model.on("msg:custom", heard);
  draw();
  compare();
  return () => { ask.close(); model.off("msg:custom", heard); curves.forEach((curve) => curve.close()); };
}
