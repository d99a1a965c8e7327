// The network: a list of operations and their constants, carried out one by one (program.py and operations.py wrote it).
// Everything is a Float32Array with a shape, contiguous, of one example; sums are in float64. No part of a browser is used
// here: the check of an export runs these same lines.

// Base64, by hand: V8 alone has no atob.
function bytesOf(text) {
  const codes = new Uint8Array(128), letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (let i = 0; i < 64; i++) codes[letters.charCodeAt(i)] = i;
  const size = (text.length / 4) * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0), bytes = new Uint8Array(size);
  for (let i = 0, to = 0; i < text.length; i += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((at) => codes[text.charCodeAt(i + at)]);
    const word = (a << 18) | (b << 12) | (c << 6) | d;
    for (let at = 16; at >= 0 && to < size; at -= 8) bytes[to++] = word >> at;
  }
  return bytes;
}

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

// What weights.py packed: float32, or whole numbers of 8 or 16 bits and a step for each row.
function unpacked({ shape, bits, at }, bytes) {
  const size = sizeOf(shape), read = (Kind, from, n) => new Kind(bytes.slice(from, from + n * Kind.BYTES_PER_ELEMENT).buffer);
  if (bits === 32) return { shape, data: read(Float32Array, at, size) };
  const rows = shape[0], row = size / rows, steps = read(Float32Array, at, rows);
  const whole = read(bits === 8 ? Int8Array : Int16Array, at + 4 * rows, size);
  return { shape, data: Float32Array.from(whole, (value, i) => value * steps[Math.floor(i / row)]) };
}

// Of each axis of `shape`, how far apart its values lie in `from`, whose axes of one value stand for all.
function reaching(from, shape) {
  const steps = new Array(shape.length).fill(0);
  for (let axis = from.length - 1, step = 1; axis >= 0; axis--) {
    if (from[axis] > 1) steps[axis + shape.length - from.length] = step;
    step *= from[axis];
  }
  return steps;
}

// Calls visit(to, from) for each place of `shape`, in order: `from` moves by `steps` from `offset` on.
function walk(shape, steps, offset, visit) {
  const axes = shape.length, at = new Array(axes).fill(0), size = sizeOf(shape);
  for (let to = 0, from = offset; to < size; to++) {
    visit(to, from);
    for (let axis = axes - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++at[axis] < shape[axis]) break;
      from -= steps[axis] * shape[axis];
      at[axis] = 0;
    }
  }
}

// Rows of weights times patches (places × inner); of row and place into out[to + row · down + place · on]. Four rows by two
// places at a time, so that eight sums are made of six numbers read.
function product(weights, bias, first, rows, patches, places, inner, out, to, down, on) {
  const base = (row) => (bias ? bias[first + row] : 0), pairs = places - (places % 2), fours = rows - (rows % 4);
  for (let row = 0; row < fours; row += 4) {
    const w = (first + row) * inner, [b0, b1, b2, b3] = [base(row), base(row + 1), base(row + 2), base(row + 3)];
    for (let place = 0; place < pairs; place += 2) {
      let s0 = b0, s1 = b1, s2 = b2, s3 = b3, t0 = b0, t1 = b1, t2 = b2, t3 = b3;
      for (let k = 0, p = place * inner, i = w; k < inner; k++, p++, i++) {
        const x = patches[p], y = patches[p + inner];
        const w0 = weights[i], w1 = weights[i + inner], w2 = weights[i + 2 * inner], w3 = weights[i + 3 * inner];
        s0 += x * w0; s1 += x * w1; s2 += x * w2; s3 += x * w3;
        t0 += y * w0; t1 += y * w1; t2 += y * w2; t3 += y * w3;
      }
      const at = to + row * down + place * on;
      out[at] = s0; out[at + down] = s1; out[at + 2 * down] = s2; out[at + 3 * down] = s3;
      out[at + on] = t0; out[at + on + down] = t1; out[at + on + 2 * down] = t2; out[at + on + 3 * down] = t3;
    }
  }
  // What is left over, one by one.
  for (let row = 0; row < rows; row++) {
    for (let place = row < fours ? pairs : 0; place < places; place++) {
      let sum = base(row);
      for (let k = 0, p = place * inner, w = (first + row) * inner; k < inner; k++, p++, w++) sum += patches[p] * weights[w];
      out[to + row * down + place * on] = sum;
    }
  }
}

// A constant as float64, which the inner loops read faster; made once.
const wide = (constant) => (constant.wide ??= Float64Array.from(constant.data));
const erf = (x) => { // Abramowitz and Stegun 7.1.26 is too coarse: a series near zero, a continued fraction beyond
  const a = Math.abs(x);
  if (a < 2.5) {
    let term = a, sum = a;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) { term *= (-a * a) / n; sum += term / (2 * n + 1); }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  if (a > 6) return Math.sign(x);
  let below = a;
  for (let n = 60; n > 0; n--) below = a + n / 2 / below;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (below * Math.sqrt(Math.PI)));
};

const ONE = {
  relu: (x) => (x > 0 ? x : x === x ? 0 : x),
  tanh: Math.tanh, exp: Math.exp, log: Math.log, log1p: Math.log1p, expm1: Math.expm1, sqrt: Math.sqrt, abs: Math.abs, erf,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  rsqrt: (x) => 1 / Math.sqrt(x),
  neg: (x) => -x,
  reciprocal: (x) => 1 / x,
  elu: (x, alpha, scale, inner) => scale * (x > 0 ? x : alpha * Math.expm1(inner * x)),
  leaky: (x, slope) => (x > 0 ? x : slope * x),
  clamp: (x, low, high) => (low !== null && x < low ? low : high !== null && x > high ? high : x),
  power: (x, exponent) => x ** exponent,
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};
const TWO = {
  add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b,
  max: Math.max, min: Math.min, pow: (a, b) => a ** b,
  gt: (a, b) => +(a > b), ge: (a, b) => +(a >= b), lt: (a, b) => +(a < b), le: (a, b) => +(a <= b),
  eq: (a, b) => +(a === b), ne: (a, b) => +(a !== b),
};

// By name: (inputs, op, out, constants) fills `out.data`. Inputs have data and shape.
const OPS = {
  reshape: ([x], op, out) => { out.data = x.data; },
  view: ([x], { strides, offset }, out) => walk(out.shape, strides, offset, (to, from) => { out.data[to] = x.data[from]; }),
  where([test, a, b], op, out) {
    const [s, t, u] = [test, a, b].map((each) => reaching(each.shape, out.shape));
    const chosen = new Uint8Array(out.data.length);
    walk(out.shape, s, 0, (to, from) => { chosen[to] = test.data[from]; });
    walk(out.shape, t, 0, (to, from) => { if (chosen[to]) out.data[to] = a.data[from]; });
    walk(out.shape, u, 0, (to, from) => { if (!chosen[to]) out.data[to] = b.data[from]; });
  },
  affine([x], op, out, constants) {
    const scale = constants[op.scale].data, shift = constants[op.shift].data, area = sizeOf(x.shape.slice(2));
    for (let c = 0, i = 0; c < scale.length; c++) {
      for (let end = i + area; i < end; i++) out.data[i] = x.data[i] * scale[c] + shift[c];
    }
  },
  normalise([x], { length, eps }, out) {
    for (let start = 0; start < x.data.length; start += length) {
      let sum = 0, square = 0;
      for (let i = start; i < start + length; i++) sum += x.data[i];
      const mean = sum / length;
      for (let i = start; i < start + length; i++) square += (x.data[i] - mean) ** 2;
      const scale = 1 / Math.sqrt(square / length + eps);
      for (let i = start; i < start + length; i++) out.data[i] = (x.data[i] - mean) * scale;
    }
  },
  linear([x], op, out, constants) {
    const weight = constants[op.weight], [rows, inner] = weight.shape, places = x.data.length / inner;
    const bias = op.bias === null ? null : constants[op.bias].data;
    product(wide(weight), bias, 0, rows, Float64Array.from(x.data), places, inner, out.data, 0, 1, rows);
  },
  // Patches of as many places as fit into a processor's cache, times the kernels. One axis is two, the first of one value.
  conv([x], op, out, constants) {
    const weight = constants[op.weight], [outputs, deep, kh, kw] = weight.shape, bias = op.bias === null ? null : constants[op.bias].data;
    const width = x.shape.at(-1), height = x.shape.length > 3 ? x.shape[2] : 1;
    const across = out.shape.at(-1), places = sizeOf(out.shape.slice(2)), rows = outputs / op.groups;
    const { stride: [sy, sx], padding: [py, px], dilation: [dy, dx] } = op, inner = deep * kh * kw;
    const part = Math.max(1, Math.min(places, Math.floor(16384 / inner))), patches = new Float64Array(part * inner);
    for (let group = 0; group < op.groups; group++) {
      for (let first = 0; first < places; first += part) {
        const n = Math.min(part, places - first);
        for (let place = 0, to = 0; place < n; place++) {
          const top = Math.floor((first + place) / across) * sy - py, left = ((first + place) % across) * sx - px;
          for (let c = group * deep; c < (group + 1) * deep; c++) {
            for (let i = 0; i < kh; i++) {
              const y = top + i * dy, from = (c * height + y) * width, inside = y >= 0 && y < height;
              for (let j = 0, at = left; j < kw; j++, at += dx) {
                patches[to++] = inside && at >= 0 && at < width ? x.data[from + at] : 0;
              }
            }
          }
        }
        product(wide(weight), bias, group * rows, rows, patches, n, inner, out.data, group * rows * places + first, places, 1);
      }
    }
  },
  maxpool: ([x], op, out) => pooled(x, op, out, true),
  avgpool: ([x], op, out) => pooled(x, op, out, false),
  adaptive([x], { most }, out) {
    const [height, width] = x.shape.slice(-2), [h, w] = out.shape.slice(-2);
    for (let to = 0; to < out.data.length; to++) {
      const c = Math.floor(to / (h * w)), i = Math.floor(to / w) % h, j = to % w;
      const top = Math.floor((i * height) / h), left = Math.floor((j * width) / w);
      const bottom = Math.ceil(((i + 1) * height) / h), right = Math.ceil(((j + 1) * width) / w);
      let sum = 0, max = -Infinity;
      for (let y = top; y < bottom; y++) {
        for (let z = left; z < right; z++) {
          const value = x.data[(c * height + y) * width + z];
          sum += value;
          max = Math.max(max, value);
        }
      }
      out.data[to] = most ? max : sum / ((bottom - top) * (right - left));
    }
  },
  reduce([x], { axes, how }, out) {
    const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)), steps = reaching(kept, x.shape);
    const begin = { max: -Infinity, min: Infinity }[how] ?? 0, sums = new Float64Array(out.data.length).fill(begin);
    const take = { max: Math.max, min: Math.min }[how] ?? TWO.add;
    walk(x.shape, steps, 0, (from, to) => { sums[to] = take(sums[to], x.data[from]); });
    const share = how === "mean" ? out.data.length / x.data.length : 1;
    sums.forEach((value, i) => { out.data[i] = value * share; });
  },
  cat(inputs, { axis }, out) {
    const row = sizeOf(out.shape.slice(axis));
    let start = 0;
    for (const { data, shape } of inputs) {
      const part = sizeOf(shape.slice(axis));
      for (let from = 0, to = start; from < data.length; from += part, to += row) out.data.set(data.subarray(from, from + part), to);
      start += part;
    }
  },
  pad([x], { before, value }, out) {
    out.data.fill(value);
    const steps = reaching(out.shape, out.shape), inside = (at, axis) => at >= 0 && at < out.shape[axis];
    const place = new Array(x.shape.length).fill(0);
    for (const each of x.data) {
      const at = place.map((index, axis) => index + before[axis]);
      if (at.every(inside)) out.data[at.reduce((sum, index, axis) => sum + index * steps[axis], 0)] = each;
      for (let axis = place.length - 1; axis >= 0 && ++place[axis] === x.shape[axis]; axis--) place[axis] = 0;
    }
  },
  softmax([x], { axis, log }, out) {
    const step = sizeOf(x.shape.slice(axis + 1)), length = x.shape[axis];
    for (let row = 0; row < x.data.length / length; row++) {
      const start = Math.floor(row / step) * step * length + (row % step);
      let most = -Infinity, sum = 0;
      for (let i = 0; i < length; i++) most = Math.max(most, x.data[start + i * step]);
      for (let i = 0; i < length; i++) sum += Math.exp(x.data[start + i * step] - most);
      for (let i = 0; i < length; i++) {
        const value = x.data[start + i * step] - most;
        out.data[start + i * step] = log ? value - Math.log(sum) : Math.exp(value) / sum;
      }
    }
  },
};
for (const [name, compute] of Object.entries(ONE)) {
  OPS[name] = ([x], { values }, out) => x.data.forEach((value, i) => { out.data[i] = compute(value, ...values); });
}
for (const [name, compute] of Object.entries(TWO)) {
  OPS[name] = ([a, b], op, out) => {
    if (a.data.length === b.data.length && a.data.length === out.data.length) {
      for (let i = 0; i < out.data.length; i++) out.data[i] = compute(a.data[i], b.data[i]);
      return;
    }
    const other = new Int32Array(out.data.length);
    walk(out.shape, reaching(b.shape, out.shape), 0, (to, from) => { other[to] = from; });
    walk(out.shape, reaching(a.shape, out.shape), 0, (to, from) => { out.data[to] = compute(a.data[from], b.data[other[to]]); });
  };
}

// The most or the mean of windows of three axes; of fewer, the first are of one value.
function pooled(x, { window: [kernel, stride, padding, dilation], divisor, count_padding: countPadding }, out, most) {
  const three = (shape) => [1, 1, ...shape.slice(2)].slice(-3), [D, H, W] = three(x.shape), [d, h, w] = three(out.shape);
  for (let to = 0; to < out.data.length; to++) {
    const z = (Math.floor(to / (h * w)) % d) * stride[0] - padding[0], y = (Math.floor(to / w) % h) * stride[1] - padding[1];
    const v = (to % w) * stride[2] - padding[2], base = Math.floor(to / (d * h * w)) * D * H * W;
    let max = -Infinity, sum = 0, n = 0;
    for (let a = 0, i = z; a < kernel[0]; a++, i += dilation[0]) {
      if (i < 0 || i >= D) continue;
      for (let b = 0, j = y; b < kernel[1]; b++, j += dilation[1]) {
        if (j < 0 || j >= H) continue;
        for (let c = 0, k = v; c < kernel[2]; c++, k += dilation[2]) {
          if (k < 0 || k >= W) continue;
          const value = x.data[base + (i * H + j) * W + k];
          if (value > max) max = value;
          sum += value;
          n++;
        }
      }
    }
    // Padding counts, but not what a last window has beyond it.
    if (countPadding) {
      n = Math.min(kernel[0], D + padding[0] - z) * Math.min(kernel[1], H + padding[1] - y) * Math.min(kernel[2], W + padding[2] - v);
    }
    out.data[to] = most ? max : sum / (divisor || n);
  }
}

// A network that is ready: `run(Float32Array)` gives all values, each {shape, data}; the answer is values[result].
function networkOf(program, bytes) {
  const constants = program.tensors.map((each) => unpacked(each, bytes));
  const values = program.shapes.map((shape) => ({ shape, data: null }));
  const given = program.ops.map(({ in: inputs }) => inputs.map((each) => (typeof each === "number" ? values[each]
    : "t" in each ? constants[each.t] : { shape: [], data: Float32Array.of(each.k) })));
  return {
    ...program,
    values,
    run(input) {
      values[0].data = input;
      program.ops.forEach((op, i) => {
        const out = values[i + 1];
        // A reshape has its input's values, and no array of its own.
        if (op.op !== "reshape") out.data ??= new Float32Array(sizeOf(out.shape));
        OPS[op.op](given[i], op, out, constants);
      });
      return values;
    },
  };
}
