// One example: large, what the network says of it, where it looked, what is like it; and the decision, by keys.
import { button, colour, element, paintMap } from "./kit.js";
import { paintLines, paintSmall } from "./queue.js";

const MOST_KEPT = 40, AHEAD = 3;

export function judging(review) {
  const { say, of, kept, keyOf } = review;
  const seen = new Map(), heats = new Map();

  const place = element("span", { class: "small faint" }), name = element("bdi", { class: "small mono review-name" });
  const canvas = element("canvas", { role: "img" }), heat = element("canvas", { class: "review-heat", "aria-hidden": "true" });
  const stack = element("div", { class: "review-stack" }, canvas, heat), caption = element("figcaption", { class: "small faint" });
  const given = element("p", { class: "review-given" });
  const note = element("p", { class: "small review-note", hidden: true });
  const nearest = element("div", { class: "review-nearest" });
  const failed = element("p", { class: "error", role: "alert", hidden: true });
  const said = element("p", { class: "small", role: "status" }), spoken = element("p", { class: "hidden-text", "aria-live": "polite" });
  const body = element("div", { class: "review-one" });

  const key = (text) => element("kbd", { "aria-hidden": "true" }, text);
  // What is asked for while something is taken back is of the example that comes back: it waits for it.
  let takingBack = null;
  const inTurn = (does) => { if (takingBack) takingBack.then(() => inTurn(does)); else does(); };
  const deed = (letter, text, does, attributes = {}) =>
    button([key(letter), element("span", {}, text)], () => inTurn(does), { "aria-keyshortcuts": letter, ...attributes });
  const out = deed("X", say("leave_out"), () => act("leave out")), unsure = deed("U", say("not_sure"), () => act("not sure"));
  const back = deed("←", say("previous"), () => step(-1)), on = deed("→", say("next"), () => step(1));
  const further = deed("N", say("next_list"), goOn);
  const undo = deed("Z", say("undo"), takeBack);
  const looked = element("span", { class: "row" });
  const switched = element("input", { type: "checkbox", checked: kept.keys, onchange: () => { kept.keys = switched.checked; } });

  const item = () => review.items[review.at];
  const table = () => review.tables.get(item()?.split);
  const verdict = of.verdict(review, { item, table, deed, key, act, seen: () => seen.get(keyOf(item() ?? {})), redraw: (asking) => { show(); if (asking) ask(); } });

  body.append(
    element("figure", {}, stack, element("div", { class: "row small review-looked", role: "group", "aria-label": say("where") }, key("W"), say("where"), looked), caption),
    element("div", { class: "review-facts" }, given, note, verdict.facts,
      element("h3", {}, say("decide")), element("div", { class: "row review-deeds" }, verdict.deeds, out, unsure), verdict.more,
      element("div", { class: "row review-deeds" }, back, on, undo, further), said, failed, spoken,
      element("label", { class: "row small faint" }, switched, say("keys"), element("span", {}, say("keys_help")))),
    nearest);

  // ---- What is shown.

  function show() {
    const now = item();
    body.hidden = !now;
    place.textContent = now ? say("place", { n: review.int(review.at + 1), of: review.int(review.items.length) }) : "";
    name.textContent = "";
    if (!now) return;
    const key_ = keyOf(now), known = seen.get(key_), fine = known && !known.failed ? known : undefined;
    const decision = review.decided.get(key_);
    given.replaceChildren(element("strong", {}, say("given", { given: of.given(review, table(), now.row) })),
      decision ? element("span", { class: "badge" }, review.decision(decision)) : "");
    verdict.draw(fine);
    note.textContent = kept.queue?.notes?.get(key_) ?? "";
    note.hidden = !note.textContent;
    back.disabled = review.at === 0;
    on.disabled = review.at === review.items.length - 1;
    drawLooked(fine);
    if (!known) {
      caption.textContent = say("reading");
      canvas.classList.add("stale");
      heat.hidden = true;
      nearest.replaceChildren();
      return;
    }
    canvas.classList.remove("stale");
    caption.textContent = "";
    failed.hidden = !known.failed;
    failed.textContent = known.failed ?? "";
    if (known.failed) { heat.hidden = true; return; }
    name.textContent = known.name;
    drawPicture(known);
    nearest.replaceChildren(...known.nearest.map((each) => element("figure", {},
      element("figcaption", { class: "small faint" }, of.likes(review, each)),
      element("div", { class: "row" }, each.rows.map((row, at) => {
        const small = element("canvas", { role: "img", "aria-label": say("picture_of", { name: `train ${row}`, given: of.said(review, each.given[at]) }) });
        paintSmall(small, each.pictures, at);
        return small;
      })))));
  }

  function drawPicture(known) {
    canvas.setAttribute("aria-label", pictureOf(known));
    const chosen = looking(known), warm = chosen.output === undefined ? null : heats.get(`${keyOf(item())} ${chosen.output}`);
    if (review.kind === "series") {
      const [channels, , steps] = known.picture.shape;
      paintLines(canvas, known.picture, channels, { width: 960, height: 320 });
      stack.classList.add("lines");
      known.steps = steps;
    } else {
      const [h, w, channels] = known.picture.shape;
      paintMap(canvas, known.picture, h, w, channels);
      canvas.style.imageRendering = Math.max(h, w) >= 100 ? "auto" : "pixelated";
      stack.style.aspectRatio = `${w} / ${h}`;
    }
    heat.hidden = !warm || warm.failed !== undefined;
    if (heat.hidden) { if (warm?.failed) caption.textContent = warm.failed; return; }
    paintHeat(heat, warm.heat, review.kind !== "series");
    caption.textContent = say("where_for", { name: review.classes[warm.class], how: warm.how });
  }

  const pictureOf = (known) => say("picture_of", { name: known.name, given: of.given(review, table(), item().row) });
  const OFF = { which: "off", name: "–" };
  // What may be looked for; the last is nothing.
  const heatsOf = (known) => [...verdict.heats(known), OFF];
  const looking = (known) => { const all = heatsOf(known); return all.find(({ which }) => which === kept.heat) ?? all[0]; };

  function drawLooked(known) {
    const chosen = looking(known), held = looked.contains(document.activeElement) ? document.activeElement.dataset.heat : null;
    looked.replaceChildren(...heatsOf(known).filter(({ hidden }) => !hidden).map(({ which, name: name_ }) => button(name_, () => { kept.heat = which; show(); ask(); },
      { "data-heat": which, "aria-label": which === "off" ? say("heat_off") : say("heat_of", { name: name_ }), "aria-pressed": String(chosen.which === which) })));
    if (held) looked.querySelector(`[data-heat="${held}"]`)?.focus({ preventScroll: true });
  }

  // ---- What is asked for: the one that is shown, and those that come next.

  function ask() {
    const now = item(), wanted = [];
    if (!now) return;
    const coming = [now];
    for (let at = review.at + 1; coming.length <= AHEAD && at < review.items.length; at++) coming.push(review.items[at]);
    const next = review.next();
    if (next !== null && !coming.includes(review.items[next])) coming.splice(1, 0, review.items[next]);
    for (const each of coming) {
      const known = seen.get(keyOf(each));
      if (!known) wanted.push({ what: "seen", ...each });
      if (kept.heat === "off" || known?.failed) continue;
      const class_ = verdict.wanted(each, known, kept.heat);
      if (class_ === undefined || !heats.has(`${keyOf(each)} ${class_}`)) wanted.push({ what: "where", ...each, class: class_ });
    }
    review.ask({ type: "look", wanted }).catch(review.failed);
  }

  review.on("seen", (content) => {
    trim(seen);
    seen.set(keyOf(content), content);
    if (item() && keyOf(content) === keyOf(item())) { show(); tell(content); }
  });
  review.on("where", (content) => {
    trim(heats);
    heats.set(`${keyOf(content)} ${content.class ?? verdict.wanted(content, seen.get(keyOf(content)), "answer")}`, content);
    if (item() && keyOf(content) === keyOf(item())) show();
  });
  const trim = (map) => { if (map.size > MOST_KEPT) map.delete(map.keys().next().value); };
  const tell = (known) => { if (!known.failed) spoken.textContent = `${pictureOf(known)}. ${say("network_says")} ${verdict.told(known)}`; };

  // ---- Decisions.

  function step(by) { said.textContent = ""; review.go(review.at + by); }

  // `answer` is what the new label is for the server, `label` the same in words.
  async function act(action, answer = {}, label = null) {
    const now = item(), at = review.at;
    if (!now || !table()) return;
    const key_ = keyOf(now), before = review.decided.get(key_);
    failed.hidden = true;
    // Shown at once; on the disk a moment later, or an error says so and all is as before.
    const made = { action, label, given: of.given(review, table(), now.row) };
    review.decided.set(key_, made);
    review.pending.set(key_, made);
    const done = () => { if (review.pending.get(key_) === made) review.pending.delete(key_); };
    verdict.forget?.();
    review.emit("decided");
    // It stands under the next picture: whose it is must be said.
    said.textContent = [seen.get(key_)?.name, review.decision(review.decided.get(key_))].filter(Boolean).join(" · ");
    const next = review.next(at);
    if (next === null) said.textContent = say(review.nextList() ? "all_decided_next" : "all_decided");
    else review.go(next);
    if (next === null) show();
    try {
      const changed = await review.ask({ type: "decide", ...now, action, ...answer });
      done();
      review.changed(changed);
    } catch (error) {
      done();
      if (before) review.decided.set(key_, before); else review.decided.delete(key_);
      review.emit("decided");
      review.go(at);
      review.failed(error);
    }
  }

  review.on("queue", () => { said.textContent = ""; });

  function takeBack() { takingBack = takenBack().finally(() => { takingBack = null; }); }

  async function takenBack() {
    try {
      const reply = await review.ask({ type: "undo" });
      if (reply.file === null) { said.textContent = say("nothing_to_undo"); return; }
      review.changed(reply);
      verdict.forget?.();
      const at = reply.place ? review.items.findIndex((one) => one.split === reply.place[0] && one.row === reply.place[1]) : -1;
      if (at >= 0) review.go(at);
      said.textContent = say("undone", { name: reply.file });
    } catch (error) { review.failed(error); }
  }

  function goOn() {
    const list = review.nextList();
    if (list) review.open(list); else said.textContent = say("no_next_list");
  }

  function nextHeat() {
    const known = seen.get(keyOf(item())), all = heatsOf(known?.failed ? undefined : known);
    kept.heat = all[(all.indexOf(all.find(({ which }) => which === looking(known).which)) + 1) % all.length].which;
    show();
    ask();
  }

  const KEYS = {
    k: () => act("keep"), x: () => act("leave out"), u: () => act("not sure"), z: takeBack, n: goOn,
    arrowleft: () => step(-1), arrowright: () => step(1), w: nextHeat, ...verdict.keys,
  };

  function pressed(event) {
    const { target: on_, key: name_ } = event;
    if (on_.matches?.("select, textarea, input:not([type=checkbox])") || event.altKey) return;
    const letter = name_.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (letter !== "z" || event.shiftKey) return;
    } else if (!kept.keys || (letter.startsWith("arrow") && on_.closest?.(".scroll"))) return;
    let deed_ = Object.hasOwn(KEYS, letter) ? KEYS[letter] : null;
    if (!deed_ && /^[0-9]$/.test(letter)) deed_ = () => verdict.digit(letter);
    if (!deed_ || !item()) return;
    event.preventDefault();
    if (!event.repeat || letter.startsWith("arrow")) inTurn(deed_);
  }
  document.addEventListener("keydown", pressed);
  review.ending(() => document.removeEventListener("keydown", pressed));

  review.on("at", () => { failed.hidden = true; show(); ask(); const known = item() && seen.get(keyOf(item())); if (known) tell(known); });
  review.on("decided", show);
  review.on("failed", ({ message }) => { failed.hidden = false; failed.textContent = message; });
  const section = element("section", { class: "card review-judging", "aria-labelledby": "review-one", tabindex: -1 },
    element("div", { class: "row review-bar" }, element("h2", { id: "review-one" }, say("one")), place, name), body);
  review.on("chosen", () => { section.focus({ preventScroll: true }); section.scrollIntoView({ block: "nearest" }); });
  show();
  return section;
}

// Over a picture, what does not speak for a class is dimmed, and what does is tinted; behind a curve there is the tint alone.
function paintHeat(canvas, values, dim) {
  const [h, w] = values.shape, image = new ImageData(w, h);
  const parts = (name) => colour(name).match(/[\d.]+/g).map(Number);
  const tint = parts("--orange"), dark = parts("--pupil");
  for (let at = 0; at < values.length; at++) {
    const heat = values[at] / 255, over = (dim ? 0.35 : 0.6) * heat, under = (1 - over) * (dim ? 0.68 * (1 - Math.sqrt(heat)) : 0);
    const alpha = over + under || 1;
    for (let channel = 0; channel < 3; channel++) image.data[4 * at + channel] = (over * tint[channel] + under * dark[channel]) / alpha;
    image.data[4 * at + 3] = 255 * (over + under);
  }
  Object.assign(canvas, { width: w, height: h });
  canvas.getContext("2d").putImageData(image, 0, 0);
}
