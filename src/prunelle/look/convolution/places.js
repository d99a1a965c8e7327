/** Where things lie in an answer of page/convolution.py. A place is [row, column] of the output, a cell one of what is shown. */

export const range = (count) => Array.from({ length: count }, (_, index) => index);
export const clamp = (value, most) => Math.min(Math.max(0, value), most);

export function placesOf(reply, part) {
  const { stride, dilation, padding, kernel: { weights } } = reply;
  const signal = reply.dims === 1;
  const sides = (shape) => (signal ? [1, ...shape] : shape);
  const outputs = sides(reply.output.shape), inputs = sides(reply.input.shape);
  const taps = [weights.length, weights[0].length];
  const extent = taps.map((side, axis) => (side - 1) * dilation[axis] + 1);
  const indices = (place) => (signal ? place.slice(1) : place).join(", ").replaceAll("-", "−");
  return {
    signal, outputs, inputs, taps, extent, indices,
    steps: outputs[0] * outputs[1],
    // Whether all outputs are shown, and not those around a place.
    whole: part.output.length === outputs[0] && part.output[0].length === outputs[1],
    depth: part.padded[0][0].length,
    padded: padding.flat().some(Boolean),
    label: (letter, place) => `${letter}[${indices(place)}]`,
    order: ([row, column]) => row * outputs[1] + column,
    inside: (place) => place.map((one, axis) => clamp(one, outputs[axis] - 1)),
    placeOf: (cell) => cell.map((one, axis) => one + part.start[axis]),
    cellOf: (place) => place.map((one, axis) => one - part.start[axis]),
    // An input's indices, negative in the padding; and whether it is one.
    inputOf: (cell) => cell.map((one, axis) => one + part.corner[axis] - padding[axis][0]),
    isInput: (place) => place.every((one, axis) => one >= 0 && one < inputs[axis]),
    // The weights of a window, one for each channel, and the cells of the padded input that they lie on.
    windowOf: (place) => weights.flatMap((row, u) => row.map((weight, v) => ({ weight, cell: [u, v].map((one, axis) =>
      place[axis] * stride[axis] + one * dilation[axis] - part.corner[axis]) }))),
    // The output whose window has this input in its middle.
    readerOf: (pixel) => pixel.map((one, axis) => Math.round((one + padding[axis][0] - (extent[axis] - 1) / 2) / stride[axis])),
    // The outputs that read a cell of the padded input, and with which weights.
    readersOf: (cell) => {
      const [rows, columns] = cell.map((one, axis) => range(taps[axis])
        .map((tap) => [(one + part.corner[axis] - tap * dilation[axis]) / stride[axis], tap])
        .filter(([place]) => Number.isInteger(place) && place >= 0 && place < outputs[axis]));
      return rows.flatMap(([y, u]) => columns.map(([x, v]) => ({ place: [y, x], weight: weights[u][v] })));
    },
    // The cells of the output that a pooled one is made of.
    pooledFrom: (cell) => (signal ? [0] : [0, 1]).flatMap((dy) => [0, 1].map((dx) => [dy, dx].map((one, axis) =>
      (signal && !axis ? 0 : 2 * (cell[axis] + part.pooled.start[axis]) - part.start[axis] + one)))),
    pooledAt: (place) => place.map((one, axis) => (signal && !axis ? 0 : (one >> 1) - part.pooled.start[axis])),
  };
}
