// One example: large, what the network says of it, where it looked, what is like it; and the decision, by keys.
import { button, colour, element, paintMap } from "./kit.js";
import { paintLines, paintSmall } from "./queue.js";

const MOST_KEPT = 40, AHEAD = 3, MOST_NUMBERED = 9, MOST_FOUND = 8;
const HEATS = ["answer", "given", "off"];

export function judging(review) {
  const { say, classes, kept, keyOf } = review;
  const seen = new Map(), heats = new Map();
  const numbers = numbered(classes);

  const place = element("span", { class: "small faint" }), name = element("bdi", { class: "small mono review-name" });
  const canvas = element("canvas", { role: "img" }), heat = element("canvas", { class: "review-heat", "aria-hidden": "true" });
  const stack = element("div", { class: "review-stack" }, canvas, heat), caption = element("figcaption", { class: "small faint" });
  const given = element("p", { class: "review-given" }), doubt = element("p", { class: "small" });
  const note = element("p", { class: "small review-note", hidden: true });
  const bars = element("ol", { class: "review-bars" }), nearest = element("div", { class: "review-nearest" });
  const failed = element("p", { class: "error", role: "alert", hidden: true });
  const said = element("p", { class: "small", role: "status" }), spoken = element("p", { class: "hidden-text", "aria-live": "polite" });
  const chips = element("div", { class: "row review-classes" });
  const body = element("div", { class: "review-one" });

  const key = (text) => element("kbd", { "aria-hidden": "true" }, text);
  // What is asked for while something is taken back is of the example that comes back: it waits for it.
  let takingBack = null;
  const inTurn = (does) => { if (takingBack) takingBack.then(() => inTurn(does)); else does(); };
  const deed = (letter, text, does, attributes = {}) =>
    button([key(letter), element("span", {}, text)], () => inTurn(does), { "aria-keyshortcuts": letter, ...attributes });
  const keep = deed("K", "", () => act("keep")), answer = deed("A", "", () => make(other()));
  const out = deed("X", say("leave_out"), () => act("leave out")), unsure = deed("U", say("not_sure"), () => act("not sure"));
  const back = deed("←", say("previous"), () => step(-1)), on = deed("→", say("next"), () => step(1));
  const undo = deed("Z", say("undo"), takeBack);
  const looked = HEATS.map((which) => button("", () => { kept.heat = which; show(); ask(); }, { "data-heat": which }));
  const input = element("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: say("class_begins"), oninput: find, onkeydown: typed });
  const found = element("div", { class: "row" });
  const typing = element("div", { class: "review-typing", hidden: numbers !== null },
    element("label", { class: "row small" }, key("R"), say("other_class"), input), found);
  const switched = element("input", { type: "checkbox", checked: kept.keys, onchange: () => { kept.keys = switched.checked; } });

  body.append(
    element("figure", {}, stack, element("div", { class: "row small review-looked", role: "group", "aria-label": say("where") }, key("W"), say("where"), looked), caption),
    element("div", { class: "review-facts" }, given, note, element("h3", {}, say("network_says")), bars, doubt,
      element("h3", {}, say("decide")), element("div", { class: "row review-deeds" }, keep, answer, out, unsure), chips, typing,
      element("div", { class: "row review-deeds" }, back, on, undo), said, failed, spoken,
      element("label", { class: "row small faint" }, switched, say("keys"), element("span", {}, say("keys_help")))),
    nearest);

  const item = () => review.items[review.at];
  const table = () => review.tables.get(item()?.split);
  // The likeliest class but for the given one: by cross-validation where that judges, else as the network answers now.
  const other = () => {
    const top = table().how === "crossed" ? null : seen.get(keyOf(item()))?.top;
    return top?.find((index) => index !== label()) ?? table().others[item().row];
  };
  const label = () => table().labels[item().row];

  // ---- What is shown.

  function show() {
    const now = item();
    body.hidden = !now;
    place.textContent = now ? say("place", { n: review.int(review.at + 1), of: review.int(review.items.length) }) : "";
    name.textContent = "";
    if (!now) return;
    const key_ = keyOf(now), known = seen.get(key_), { score, sure, answers } = table();
    const decision = review.decided.get(key_);
    given.replaceChildren(element("strong", {}, say("given", { given: classes[label()] })),
      decision ? element("span", { class: "badge" }, review.decision(decision)) : "");
    keep.lastChild.textContent = say("keep", { name: classes[label()] });
    answer.lastChild.textContent = say("answer", { name: classes[other()] });
    answer.hidden = classes.length < 2;
    const crossed = table().how === "crossed" ? say("crossed_says", { answered: classes[answers[now.row]], sure: review.percent(sure[now.row]) }) : null;
    doubt.replaceChildren(...[crossed, score[now.row] >= 0.01 ? say("wrong", { share: review.percent(Math.min(score[now.row], 0.99)) }) : null].filter(Boolean)
      .map((text) => element("span", {}, text)).flatMap((part, at) => (at ? [" · ", part] : [part])));
    note.textContent = kept.queue?.notes?.get(key_) ?? "";
    note.hidden = !note.textContent;
    back.disabled = review.at === 0;
    on.disabled = review.at === review.items.length - 1;
    drawChips(known);
    drawLooked(known);
    if (!known) {
      caption.textContent = say("reading");
      bars.classList.add("stale");
      canvas.classList.add("stale");
      heat.hidden = true;
      nearest.replaceChildren();
      return;
    }
    canvas.classList.remove("stale");
    bars.classList.remove("stale");
    caption.textContent = "";
    failed.hidden = !known.failed;
    failed.textContent = known.failed ?? "";
    if (known.failed) { heat.hidden = true; return; }
    name.textContent = known.name;
    drawPicture(known);
    bars.replaceChildren(...known.top.map((index, at) => bar(index, known.shares[at], at)));
    nearest.replaceChildren(...known.nearest.map((each) => element("figure", {},
      element("figcaption", { class: "small faint" }, say("nearest", { name: classes[each.class] })),
      element("div", { class: "row" }, each.rows.map((row, at) => {
        const small = element("canvas", { role: "img", "aria-label": say("picture_of", { name: `train ${row}`, given: classes[each.class] }) });
        paintSmall(small, each.pictures, at);
        return small;
      })))));
  }

  function drawPicture(known) {
    canvas.setAttribute("aria-label", say("picture_of", { name: known.name, given: classes[label()] }));
    const warm = kept.heat === "off" ? null : heats.get(heatKey(known));
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
    caption.textContent = say("where_for", { name: classes[warm.class], how: warm.how });
  }

  const target = (known) => (kept.heat === "given" ? label() : known.top[0]);
  const heatKey = (known) => `${keyOf(item())} ${target(known)}`;

  function drawLooked(known) {
    looked.forEach((one) => {
      const which = one.dataset.heat;
      const name_ = which === "off" ? "–" : which === "given" ? classes[label()] : known && !known.failed ? classes[known.top[0]] : "…";
      one.textContent = name_;
      one.setAttribute("aria-label", which === "off" ? say("heat_off") : say("heat_of", { name: name_ }));
      one.setAttribute("aria-pressed", String(kept.heat === which));
      one.hidden = which === "given" && !!known && !known.failed && known.top[0] === label();
    });
  }

  function bar(index, share, at) {
    const line = element("li", { class: index === label() ? "is-given" : null },
      element("bdi", {}, numbers === null ? key(String(at + 1)) : "", classes[index]), element("b", {}, review.percent(share, 1)), element("span", { class: "bar" }));
    line.style.setProperty("--share", `${100 * share}%`);
    return line;
  }

  // Of few classes each has its number; of many, the likeliest have.
  function drawChips(known) {
    const listed = numbers !== null ? classes.map((_, index) => [index, numbers[index]])
      : (known?.top ?? []).map((index, at) => [index, String(at + 1)]);
    // What the keyboard stands on stays where it is.
    if (chips.dataset.shown === listed.join()) return;
    chips.dataset.shown = listed.join();
    chips.replaceChildren(element("span", { class: "small faint" }, say("classes")),
      ...listed.map(([index, digit]) => deed(digit, classes[index], () => make(index))));
    chips.hidden = numbers !== null && classes.length < 3;
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
      const class_ = kept.heat === "given" ? review.tables.get(each.split).labels[each.row] : known?.top[0];
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
    heats.set(`${keyOf(content)} ${content.class ?? seen.get(keyOf(content))?.top?.[0]}`, content);
    if (item() && keyOf(content) === keyOf(item())) show();
  });
  const trim = (map) => { if (map.size > MOST_KEPT) map.delete(map.keys().next().value); };
  const tell = (known) => { if (!known.failed) spoken.textContent = `${say("picture_of", { name: known.name, given: classes[label()] })}. ${say("network_says")} ${classes[known.top[0]]} ${review.percent(known.shares[0])}`; };

  // ---- Decisions.

  function step(by) { said.textContent = ""; review.go(review.at + by); }

  function make(index) { if (index === label()) act("keep"); else act("relabel", index); }

  async function act(action, index) {
    const now = item(), at = review.at;
    if (!now || !table()) return;
    const key_ = keyOf(now), before = review.decided.get(key_);
    failed.hidden = true;
    // Shown at once; on the disk a moment later, or an error says so and all is as before.
    review.decided.set(key_, { action, label: classes[index ?? label()] });
    review.emit("decided");
    // It stands under the next picture: whose it is must be said.
    said.textContent = [seen.get(key_)?.name, review.decision(review.decided.get(key_))].filter(Boolean).join(" · ");
    const next = review.next(at);
    if (next === null) said.textContent = say("all_decided");
    else review.go(next);
    if (next === null) show();
    try { review.changed(await review.ask({ type: "decide", ...now, action, label: index })); } catch (error) {
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
      const at = reply.place ? review.items.findIndex((one) => one.split === reply.place[0] && one.row === reply.place[1]) : -1;
      if (at >= 0) review.go(at);
      said.textContent = say("undone", { name: reply.file });
    } catch (error) { review.failed(error); }
  }

  // Type-ahead, where classes are many.
  function matching() {
    const begun = input.value.trim().toLowerCase();
    if (!begun) return [];
    const names = classes.map((text, index) => [text.toLowerCase(), index]);
    return [...names.filter(([text]) => text.startsWith(begun)), ...names.filter(([text]) => !text.startsWith(begun) && text.includes(begun))]
      .slice(0, MOST_FOUND).map(([, index]) => index);
  }

  function find() { found.replaceChildren(...matching().map((index) => button(classes[index], () => choose(index)))); }

  function choose(index) { input.value = ""; found.replaceChildren(); input.blur(); make(index); }

  function typed(event) {
    if (event.key === "Enter" && matching().length) { event.preventDefault(); choose(matching()[0]); }
    if (event.key === "Escape") { input.value = ""; found.replaceChildren(); input.blur(); }
  }

  const KEYS = {
    k: () => act("keep"), a: () => make(other()), x: () => act("leave out"), u: () => act("not sure"), z: takeBack,
    arrowleft: () => step(-1), arrowright: () => step(1),
    w: () => { kept.heat = HEATS[(HEATS.indexOf(kept.heat) + 1) % HEATS.length]; show(); ask(); },
    r: () => { if (numbers === null) input.focus(); },
  };

  function pressed(event) {
    const { target: on_, key: name_ } = event;
    if (on_.matches?.("select, textarea, input:not([type=checkbox])") || event.altKey) return;
    const letter = name_.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (letter !== "z" || event.shiftKey) return;
    } else if (!kept.keys || (letter.startsWith("arrow") && on_.closest?.(".scroll"))) return;
    let deed_ = Object.hasOwn(KEYS, letter) ? KEYS[letter] : null;
    if (!deed_ && /^[0-9]$/.test(letter)) {
      deed_ = () => {
        const index = numbers !== null ? numbers.indexOf(letter) : seen.get(keyOf(item() ?? {}))?.top?.[Number(letter) - 1] ?? -1;
        if (index >= 0) make(index);
      };
    }
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

// The digit of each class; null where they are too many. Digits that are classes are their own.
function numbered(classes) {
  if (classes.every((name) => /^[0-9]$/.test(name))) return [...classes];
  return classes.length <= MOST_NUMBERED ? classes.map((_, index) => String(index + 1)) : null;
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
