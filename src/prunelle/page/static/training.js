// The panel "training": one is started and followed; its curves, and what it was at each epoch.
import { asker, element, filled, integer, percent, still } from "./kit.js";
import { ByEpoch, say } from "./by_epoch.js";
import { COLUMNS, Curves, epochLines, settings, table } from "./curves.js";
import { newTraining } from "./new_training.js";

// What a person has set, drawn and chosen: it outlives a server that is lost and comes back.
const remembered = { form: {}, smoothing: 0.6, log: false, picture: null, drawing: null, id: null };

export function render({ model, el }) {
  const words = model.get("words"), language = model.get("language");
  const ask = asker(model);
  const kept = remembered;
  // What the address names, but for a page that is only drawn again.
  if (model.get("chosen") && !model.get("drawn")) kept.id = model.get("chosen");
  model.set("drawn", true);
  let trainings = model.get("trainings");
  let followed = null;   // {id, points: [[x…], [loss…], [accuracy…]], rows}
  let closed = false;

  const named = (one) => one.run || (one.network ? filled(words.on, one) : words.unnamed);

  // ---- Those that there are.

  const list = element("ul", { class: "training-list" });
  const shown = element("section", { class: "shown", "aria-live": "off" });
  const begun = newTraining({ model, words, language, ask, kept }, (content, arrays) => { take(content, arrays); reveal(); });
  el.append(element("h1", {}, words.title), element("div", { class: "training-page" },
    element("div", { class: "training-side" }, begun.form, element("section", { class: "card", "aria-label": words.all },
      element("h2", {}, words.all), list)), shown));

  let listed = "";

  // Only where it says something else: a button that is taken away while it is pressed was never pressed.
  function drawList() {
    const now = JSON.stringify([kept.id, trainings.map((one) => [one.id, one.state, named(one)])]);
    if (now === listed) return;
    listed = now;
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
    if (content.rows) followed.rows = content.rows;
  }

  const heard = (content, arrays) => {
    if (content.type !== "training") return;
    const { training } = content;
    const at = trainings.findIndex(({ id }) => id === training.id);
    if (at < 0) trainings = [training, ...trainings];
    else trainings[at] = training;
    model.set("trainings", trainings);
    if (followed?.id === training.id && content.points) {
      // What was told before all of it had come is missing: once more, from the beginning.
      if (content.from > followed.points[0].length) follow(training.id);
      else {
        splice(content, arrays);
        view?.draw();
      }
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
      this.epochs = new ByEpoch(followed.id, { words, language, ask, kept });
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
      const notes = this.notes.querySelector("ul");
      if (notes.children.length !== one.notes.length) notes.replaceChildren(...one.notes.map((text) => element("li", {}, text)));
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
      if (one.progress && one.state !== "training") parts.push(`${one.progress[0]} (${integer(one.progress[1], language)}/${integer(one.progress[2], language)})`);
      else if (one.epochs && one.step && one.going) {
        parts.push(filled(words.at_epoch, { epoch: one.epoch + 1, epochs: one.epochs, step: integer(one.step, language), steps: integer(one.steps, language) }));
      } else if (one.epochs) parts.push(filled(words.after_epoch, { epoch: one.epoch, epochs: one.epochs }));
      if (one.state === "training" && one.seconds_left !== undefined) {
        parts.push(filled(words.left, { time: this.time(one.seconds_left) }), filled(words.speed, { n: integer(Math.round(one.images_per_second), language) }));
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
          n: integer(one.judged.n, language), split: words[`judged_${one.judged.split}`],
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

  model.on("msg:custom", heard);
  drawList();
  if (kept.id && trainings.some(({ id }) => id === kept.id)) follow(kept.id);
  else if (trainings.some(({ going }) => going)) follow(trainings.find(({ going }) => going).id);
  else shown.replaceChildren(element("p", { class: "card faint" }, words.choose_one));
  return () => { closed = true; begun.close(); view?.close(); ask.close(); model.off("msg:custom", heard); };
}
