/** A signal as stems: the kernel over its window, the input with its padding, the output. */

const WIDTH = 720, HEIGHT = 344;
const BANDS = { kernel: [4, 60], input: [76, 130], output: [218, 122] }; // top and height of each
const DRAWN = 12; // units of the chart for a unit of the signal, at most, where it is drawn: there must be room above

const drawn = (tag, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

/**
 * `choose(index)` is told the cell of the padded input that is pressed, `change(index, value)` the value that a drag gives
 * it where `drawing()` is true.
 */
export function stems({ label, drawing, choose, change }) {
  const chart = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": label });
  let count = 1, scales = null, dragged = null;
  const press = (event) => {
    const box = chart.getBoundingClientRect(), y = ((event.clientY - box.top) / box.height) * HEIGHT;
    const index = Math.floor(((event.clientX - box.left) / box.width) * count);
    if (event.type === "pointerdown") {
      chart.setPointerCapture(event.pointerId);
      const within = y >= BANDS.input[0] && y < BANDS.output[0];
      if (drawing() && within) dragged = { zero: scales.zero, scale: Math.min(scales.scale, DRAWN) };
    }
    if (!event.buttons) { dragged = null; return; }
    event.preventDefault();
    if (dragged) change(index, (dragged.zero - y) / dragged.scale);
    else choose(index);
  };
  for (const type of ["pointerdown", "pointermove", "pointerup"]) chart.addEventListener(type, press);

  return {
    chart,
    /**
     * `padded` and `output` are values, `padding` [before, after]; `taps` the weights and `from` the cell that their window
     * begins at, or null; `cells` those that are read, `outputs` those that read them; after `until` no output is shown.
     */
    draw({ padded, output, padding: [before, after], stride, dilation, taps, from, cells, outputs, until }) {
      const unit = WIDTH / padded.length, span = (taps.length - 1) * dilation + 1, made = [];
      const box = (kind, start, length, top, high) =>
        made.push(drawn("rect", { x: start * unit, width: length * unit, y: top, height: high, class: kind }));
      const stand = ([top, high], values, place, kind) => {
        const zero = Math.min(...values) < 0 ? top + high / 2 : top + high - 4;
        const scale = (zero - top - 6) / (Math.max(...values.map(Math.abs)) || 1);
        made.push(drawn("line", { x1: 0, x2: WIDTH, y1: zero, y2: zero, class: "axis" }));
        values.forEach((value, index) => {
          const x = (place(index) + .5) * unit, y = zero - value * scale, radius = Math.min(4, unit / 3);
          made.push(drawn("line", { x1: x, x2: x, y1: zero, y2: y, class: kind(index) }),
            drawn("circle", { cx: x, cy: y, r: radius, class: kind(index) }));
        });
        return { zero, scale };
      };
      count = padded.length;
      box("outside", 0, before, ...BANDS.input);
      box("outside", count - after, after, ...BANDS.input);
      if (from !== null) {
        box("window", from, span, 2, BANDS.input[0] + BANDS.input[1] - 2);
        stand(BANDS.kernel, taps, (index) => from + index * dilation, () => "kernel");
      }
      scales = stand(BANDS.input, padded, (index) => index, (index) => (cells.includes(index) ? "now" : "input"));
      // An output stands under the middle of its window.
      stand(BANDS.output, output, (index) => index * stride + (span - 1) / 2,
        (index) => (outputs.includes(index) ? "now" : index > until ? "later" : "output"));
      chart.replaceChildren(...made);
    },
  };
}
