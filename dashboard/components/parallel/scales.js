// Where a value lies on an axis, from 0 at its bottom to 1 at its top, and which ticks are written beside it.

/** Return the place of a value on an axis; null where there is none. Choices are given by number. */
function place(axis, value) {
  if (Number.isNaN(value)) return null;
  let share;
  if (axis.kind === "choice") share = (value + 0.5) / axis.choices.length;
  else if (axis.log) share = Math.log(value / axis.low) / Math.log(axis.high / axis.low);
  else share = (value - axis.low) / (axis.high - axis.low);
  if (Number.isNaN(share)) return null;
  share = Math.min(1, Math.max(0, share));
  return axis.flip ? 1 - share : share;
}

/** Return the number at a place of an axis of numbers, rounded to what a pixel tells apart. */
function numberAt(axis, at) {
  const share = Math.min(1, Math.max(0, axis.flip ? 1 - at : at));
  if (share === 0) return axis.low;
  if (share === 1) return axis.high;
  if (axis.log) return Number((axis.low * (axis.high / axis.low) ** share).toPrecision(3));
  const step = 10 ** Math.floor(Math.log10((axis.high - axis.low) / 500));
  const rounded = Math.round((axis.low + share * (axis.high - axis.low)) / step) * step;
  return Number(rounded.toPrecision(12));
}

/** Return the number of the choice at a place of an axis of choices. */
function choiceAt(axis, at) {
  const share = axis.flip ? 1 - at : at;
  return Math.min(axis.choices.length - 1, Math.max(0, Math.floor(share * axis.choices.length)));
}

/** Return a number as text, with at most four digits that count. */
function written(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}

/**
 * Return the ticks of an axis that is so many pixels high: where each lies, and its text; none overlaps another, and
 * where the values are whole numbers, all of them are.
 */
function ticks(axis, pixels) {
  if (axis.kind === "choice") {
    return axis.choices.map((text, number) => ({ at: place(axis, number), text, number }));
  }
  const ends = axis.whole ? [Math.ceil(axis.low), Math.floor(axis.high)] : [axis.low, axis.high];
  const inner = axis.log ? logarithmic(axis) : linear(axis, Math.max(2, Math.floor(pixels / 60)));
  const kept = [];
  for (const value of [...ends, ...inner]) {
    const at = place(axis, value);
    if (kept.every((other) => Math.abs(other.at - at) * pixels >= 15)) kept.push({ at, text: written(value) });
  }
  return kept;
}

function linear(axis, wanted) {
  const rough = (axis.high - axis.low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const even = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const step = axis.whole ? Math.max(1, even) : even;
  const found = [];
  for (let n = Math.ceil(axis.low / step); n * step <= axis.high; n += 1) found.push(n * step);
  return found;
}

function logarithmic(axis) {
  const decades = Math.log10(axis.high / axis.low);
  const factors = decades < 3 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / 8));
  const found = [];
  // Powers of ten come first: where room is short they stay and 2 and 5 go.
  for (const factor of factors) {
    for (let power = Math.ceil(Math.log10(axis.low)) - 1; power <= Math.log10(axis.high); power += every) {
      const value = Number(`${factor}e${power}`);
      const fits = !axis.whole || Number.isInteger(value);
      if (fits && value >= axis.low && value <= axis.high) found.push(value);
    }
  }
  return found;
}
