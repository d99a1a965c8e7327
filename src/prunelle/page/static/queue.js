// The list of examples: thumbnails, as many as a page has, and how far one is.
import { button, colour, element, paintMap } from "./kit.js";

const A_PAGE = 48, MOST_CACHED = 1200;

// A series as a small picture, all channels over each other.
export function paintLines(canvas, values, channels, { width = 192, height = 192 } = {}) {
  Object.assign(canvas, { width, height });
  canvas.style.imageRendering = "auto";
  const context = canvas.getContext("2d"), n = values.length / channels, there = values.filter(Number.isFinite);
  const low = there.reduce((a, b) => Math.min(a, b), Infinity), span = there.reduce((a, b) => Math.max(a, b), -Infinity) - low || 1;
  const inks = ["--blue", "--orange-ink", "--green", "--purple", "--amber"];
  for (let channel = 0; channel < channels; channel++) {
    context.strokeStyle = colour(inks[channel % inks.length]);
    context.lineWidth = Math.max(2, width / 320);
    context.beginPath();
    for (let at = 0; at < n; at++) {
      const value = values[channel * n + at];
      if (Number.isFinite(value)) context.lineTo((at * width) / Math.max(n - 1, 1), height - 3 - ((height - 6) * (value - low)) / span);
    }
    context.stroke();
  }
}

// One of several thumbnails onto a canvas.
export function paintSmall(canvas, pictures, at) {
  const each = pictures.length / pictures.shape[0], values = pictures.subarray(at * each, (at + 1) * each);
  if (pictures.shape.length === 4) {
    canvas.style.imageRendering = Math.max(pictures.shape[1], pictures.shape[2]) > 40 ? "auto" : "pixelated";
    paintMap(canvas, values, pictures.shape[1], pictures.shape[2], pictures.shape[3]);
  }
  else paintLines(canvas, values, pictures.shape[1]);
}

export function queueing(review) {
  const { say, of, kept, keyOf } = review;
  const title = element("h2", { id: "review-queue" }), progress = element("p", { role: "status", class: "small" });
  const meter = element("progress", { max: 1, value: 0, "aria-labelledby": "review-queue" });
  const list = element("ol", { class: "review-list" }), range = element("span", { class: "small faint" });
  const none = element("p", { class: "faint" });
  const show = element("select", { onchange: ({ target }) => { kept.show = target.value; if (kept.queue) review.open(kept.queue); } },
    ["all", "open", "decided"].map((key) => element("option", { value: key, selected: key === kept.show }, say(`show_${key}`))));
  const before = button(say("before"), () => turn(-1)), after = button(say("after"), () => turn(1));
  const cached = new Map();
  let first = 0;

  const turn = (by) => { first = Math.max(0, Math.min(first + by * A_PAGE, Math.floor((review.items.length - 1) / A_PAGE) * A_PAGE)); draw(); };

  function draw() {
    const { items } = review, { kind, cell, title: named } = kept.queue ?? {};
    title.textContent = named ?? (kind === "cell" ? of.titled(review, cell, review.table()) : say(`queue_${kind ?? "everything"}`));
    none.textContent = items.length || !review.table() ? "" : say("in_queue_none");
    const shown = items.slice(first, first + A_PAGE);
    list.replaceChildren(...shown.map((item, at) => line(item, first + at)));
    const many = items.length > A_PAGE;
    before.hidden = after.hidden = range.hidden = !many;
    before.disabled = first === 0;
    after.disabled = first + A_PAGE >= items.length;
    range.textContent = say("range", { first: review.int(first + 1), last: review.int(first + shown.length), n: review.int(items.length) });
    count();
    fetch_(shown);
  }

  function line(item, at) {
    const table = review.tables.get(item.split);
    const { given, answer, said, sure } = table ? of.caption(review, table, item.row) : { given: "", answer: null, said: "", sure: "" };
    const canvas = element("canvas", { "aria-hidden": "true" }), badge = element("span", { class: "badge" });
    const made = button([canvas, element("span", { class: "review-caption" },
      element("bdi", {}, given), answer ? element("span", { class: "faint" }, " → ") : "", answer ? element("bdi", {}, answer) : "",
      element("span", { class: "faint" }, ` ${sure}`)), badge], () => { review.go(at); review.emit("chosen"); });
    made.dataset.key = keyOf(item);
    made.dataset.said = [say("thumb", { n: review.int(at + 1), given, answered: said }), sure].filter(Boolean).join(", ");
    badges(made, item, at);
    const picture = cached.get(keyOf(item));
    if (picture) paintSmall(canvas, ...picture);
    return element("li", {}, made);
  }

  function badges(made, item, at) {
    const decision = review.decided.get(keyOf(item)), what = decision && review.decision(decision);
    made.querySelector(".badge").textContent = !decision ? "" : decision.action === "relabel" ? `→ ${of.said(review, decision.label)}` : what;
    made.setAttribute("aria-label", what ? `${made.dataset.said}; ${say("thumb_decided", { what })}` : made.dataset.said);
    made.classList.toggle("done", !!decision);
    if (at === review.at) made.setAttribute("aria-current", "true"); else made.removeAttribute("aria-current");
  }

  function count() {
    const { items } = review, done = items.reduce((sum, item) => sum + review.decided.has(keyOf(item)), 0);
    progress.textContent = items.length ? say("looked_at", { done: review.int(done), of: review.int(items.length) }) : "";
    meter.hidden = !items.length;
    meter.max = Math.max(items.length, 1);
    meter.value = done;
  }

  const again = () => { [...list.children].forEach(({ firstChild }, at) => badges(firstChild, review.items[first + at], first + at)); count(); };

  // Those that are not at hand, a request a split.
  async function fetch_(shown) {
    const missing = new Map();
    for (const item of shown) {
      if (cached.has(keyOf(item))) continue;
      if (!missing.has(item.split)) missing.set(item.split, []);
      missing.get(item.split).push(item.row);
    }
    for (const [split, rows] of missing) {
      try {
        const { pictures } = await review.ask({ type: "small", split, rows });
        if (cached.size > MOST_CACHED) cached.clear();
        rows.forEach((row, at) => {
          cached.set(keyOf({ split, row }), [pictures, at]);
          const canvas = list.querySelector(`[data-key="${split}:${row}"] canvas`);
          if (canvas) paintSmall(canvas, pictures, at);
        });
      } catch (error) { review.failed(error); }
    }
  }

  review.on("queue", () => { first = Math.floor(review.at / A_PAGE) * A_PAGE; draw(); });
  review.on("at", () => {
    const page = Math.floor(review.at / A_PAGE) * A_PAGE;
    if (page !== first) { first = page; draw(); } else again();
  });
  review.on("decided", again);
  return element("section", { class: "card", "aria-labelledby": "review-queue" },
    element("div", { class: "row review-bar" }, title, progress, meter, element("label", { class: "row small" }, say("show"), show)),
    none, list, element("div", { class: "row" }, before, range, after));
}
