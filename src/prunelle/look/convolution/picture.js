/** A large picture as a whole, with a frame around what is looked at; pressed or dragged on, it says where. */
import { colour, element, paintMap } from "./kit.js";

const SMOOTH = 128; // sides from which on a picture is shown without its pixels' edges

// Levels around zero in the page's colours: blue, the card's ground, orange.
function tinted(levels) {
  const [below, ground, above] = ["--blue", "--card", "--orange"].map((name) => colour(name).match(/[\d.]+/g).map(Number));
  const table = Array.from({ length: 256 }, (_, level) => {
    const share = Math.abs(level - 127.5) / 127.5, end = level < 127.5 ? below : above;
    return ground.map((one, c) => one + share * (end[c] - one));
  });
  const pixels = new Uint8Array(3 * levels.length);
  levels.forEach((level, index) => pixels.set(table[level], 3 * index));
  return pixels;
}

export function picture(choose) {
  const canvas = element("canvas", { role: "img" }), frame = element("div", { class: "frame" }), caption = element("figcaption", {});
  const legend = element("small", { class: "faint" });
  let sides = [1, 1];
  const press = (event) => {
    if (!event.buttons) return;
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    const shares = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    choose(shares.map((share, axis) => Math.floor(share * sides[axis])));
  };
  return {
    caption,
    legend,
    figure: element("figure", {}, caption,
      element("div", { class: "framed", onpointerdown: press, onpointermove: press }, canvas, frame), legend),
    // Levels of one map, or colours; `signed`: the middle level is zero.
    paint(levels, shape, signed, label) {
      sides = shape;
      canvas.setAttribute("aria-label", label);
      canvas.classList.toggle("smooth", Math.max(...shape.slice(0, 2)) > SMOOTH);
      paintMap(canvas, signed ? tinted(levels) : levels, shape[0], shape[1], signed ? 3 : shape[2] || 1);
    },
    frame(from, span) {
      [["top", from], ["left", from], ["height", span], ["width", span]].forEach(([side, pair], index) => {
        frame.style[side] = `${(100 * pair[index % 2]) / sides[index % 2]}%`;
      });
    },
  };
}
