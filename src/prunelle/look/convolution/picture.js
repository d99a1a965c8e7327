/** A large picture as a whole, with a frame around what is looked at; pressed or dragged on, it says where. */
import { colour, element, paintMap } from "./kit.js";

const SMOOTH = 128; // sides from which on a picture is shown without its pixels' edges

// Levels around zero in the page's colours: blue, the card's ground, orange. As quick as a drag, for a whole photo.
function paintSigns(canvas, levels, [height, width]) {
  const [below, ground, above] = ["--blue", "--card", "--orange"].map((name) => colour(name).match(/[\d.]+/g).map(Number));
  const table = new Uint8ClampedArray(4 * 256).fill(255);
  for (let level = 0; level < 256; level++) {
    const share = Math.abs(level - 127.5) / 127.5, end = level < 127.5 ? below : above;
    for (let c = 0; c < 3; c++) table[4 * level + c] = ground[c] + share * (end[c] - ground[c]);
  }
  const image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer), colours = new Uint32Array(table.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[levels[i]];
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(image, 0, 0);
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
      if (signed) paintSigns(canvas, levels, shape);
      else paintMap(canvas, levels, shape[0], shape[1], shape[2] || 1);
    },
    frame(from, span) {
      [["top", from], ["left", from], ["height", span], ["width", span]].forEach(([side, pair], index) => {
        frame.style[side] = `${(100 * pair[index % 2]) / sides[index % 2]}%`;
      });
    },
  };
}
