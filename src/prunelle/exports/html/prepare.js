// From what was decoded to the network's input, to the bit as exports/inputs/ has it: Pillow's antialiased bilinear resizing
// in whole numbers of 2⁻²², columns first, rounded to levels after each pass.
const WHOLE = 1 << 22;

function roundedToEven(value) {
  const low = Math.floor(value), rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2) ? low + 1 : low;
}

// Of `size` output pixels: of which input pixels each is made ({first, weights}); null for black.
function mixes(size, num, start, step, shown = size) {
  const before = Math.floor((size - shown) / 2), reach = Math.max(step, 1);
  return Array.from({ length: size }, (_, place) => {
    const at = place - before, centre = start + (at + 0.5) * step;
    if (at < 0 || at >= shown) return null;
    const first = Math.max(0, Math.floor(centre - reach - 0.5)), last = Math.min(num, Math.ceil(centre + reach + 0.5));
    const triangle = Array.from({ length: last - first }, (_each, i) => Math.max(0, 1 - Math.abs(first + i + 0.5 - centre) / reach));
    const sum = triangle.reduce((a, b) => a + b, 0);
    return { first, weights: Float64Array.from(triangle, (value) => Math.floor((value / sum) * WHOLE + 0.5)) };
  });
}

function geometry({ size: [h, w], fit, crop_fraction: fraction }, height, width) {
  if (fit === "pad") {
    const scale = Math.min(h / height, w / width);
    const [high, broad] = [[height, h], [width, w]].map(([side, most]) => Math.min(most, Math.max(1, roundedToEven(side * scale))));
    return { rows: mixes(h, height, 0, height / high, high), columns: mixes(w, width, 0, width / broad, broad) };
  }
  let scaleY = h / height, scaleX = w / width;
  if (fit === "crop") scaleY = scaleX = Math.max(scaleY, scaleX) / fraction;
  const partY = Math.min(height, h / scaleY), partX = Math.min(width, w / scaleX);
  return { rows: mixes(h, height, (height - partY) / 2, partY / h), columns: mixes(w, width, (width - partX) / 2, partX / w) };
}

// A picture comes in strips of rows, as phones have no canvas for all of a large one: `take(pixels, first, count, step)` with
// `step` bytes a pixel (RGB, or RGBA); `done()` gives {input, levels}: float32 (C, H, W), and what is shown of it, uint8.
function picturePreparer(settings, height, width) {
  const { channels, border } = settings, { rows, columns } = geometry(settings, height, width), [h, w] = settings.size;
  const narrow = new Uint8Array(height * w * channels), line = new Float64Array(width * channels);
  return {
    take(pixels, first, count, step) {
      for (let y = 0; y < count; y++) {
        for (let x = 0, from = y * width * step; x < width; x++, from += step) {
          if (channels === 1) {
            line[x] = (pixels[from] * 19595 + pixels[from + 1] * 38470 + pixels[from + 2] * 7471 + 32768) >>> 16;
          } else for (let c = 0; c < 3; c++) line[3 * x + c] = pixels[from + c];
        }
        for (let x = 0, to = (first + y) * w * channels; x < w; x++) {
          for (let c = 0; c < channels; c++, to++) {
            let sum = 0;
            if (columns[x]) {
              const { first: start, weights } = columns[x];
              for (let k = 0; k < weights.length; k++) sum += weights[k] * line[(start + k) * channels + c];
            }
            narrow[to] = Math.floor(sum / WHOLE + 0.5);
          }
        }
      }
    },
    done() {
      const [high, broad] = [h + 2 * border, w + 2 * border], levels = new Uint8Array(high * broad * channels);
      for (let y = 0; y < h; y++) {
        if (!rows[y]) continue;
        const { first, weights } = rows[y];
        for (let x = 0; x < w * channels; x++) {
          let sum = 0;
          for (let k = 0; k < weights.length; k++) sum += weights[k] * narrow[(first + k) * w * channels + x];
          levels[((y + border) * broad + border) * channels + x] = Math.floor(sum / WHOLE + 0.5);
        }
      }
      const input = new Float32Array(levels.length), area = high * broad;
      for (let i = 0; i < levels.length; i++) {
        const c = i % channels, scale = Math.fround(1 / (255 * settings.std[c])), shift = Math.fround(-settings.mean[c] / settings.std[c]);
        input[c * area + (i - c) / channels] = levels[i] * scale + shift;
      }
      return { input, levels };
    },
  };
}

// Of a channel, what is missing (NaN) lies on the line between its neighbours that are there; at the ends it is the nearest.
function interpolated(row) {
  const there = Array.from(row.keys()).filter((t) => !Number.isNaN(row[t]));
  let next = 0;
  return Float64Array.from(row, (value, t) => {
    while (next < there.length && there[next] < t) next++;
    if (!Number.isNaN(value) || !there.length) return value || 0;
    const before = there[Math.max(0, next - 1)], after = there[Math.min(next, there.length - 1)];
    return Math.fround(after > before ? ((row[after] - row[before]) / (after - before)) * (t - before) + row[before] : row[before]);
  });
}

// A series (steps × channels) → {input: float32 (C, length), levels: the same before mean and std, for its curve}.
function preparedSeries(settings, values, steps) {
  const { channels, length, normalisation } = settings, levels = new Float32Array(channels * length);
  for (let c = 0; c < channels; c++) {
    const row = interpolated(Float64Array.from({ length: steps }, (_, t) => values[t * channels + c]));
    for (let t = 0; t < length; t++) {
      const at = t * ((steps - 1) / Math.max(length - 1, 1)), low = Math.min(steps - 1, Math.floor(at)), rest = at - low;
      const left = row[low], right = row[Math.min(steps - 1, low + 1)];
      levels[c * length + t] = rest > 0 ? (right - left) * rest + left : left;
    }
  }
  const input = new Float32Array(levels.length);
  for (let c = 0; c < channels; c++) {
    const row = levels.subarray(c * length, (c + 1) * length), at = c * length;
    let mean = 0, std = 1;
    if (normalisation === "series") {
      mean = row.reduce((a, b) => a + b, 0) / length;
      std = Math.sqrt(row.reduce((a, b) => a + (b - mean) ** 2, 0) / length);
      if (!(std > 1e-7 * Math.abs(mean)) || !(std > 0)) std = 1;
    }
    for (let t = 0; t < length; t++) {
      const value = normalisation === "series" ? Math.fround((row[t] - mean) / std) : row[t];
      input[at + t] = (value - Math.fround(settings.mean[c])) / Math.fround(settings.std[c]);
    }
  }
  return { input, levels };
}
