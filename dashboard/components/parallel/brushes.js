// What is brushed: on an axis of numbers two ends, null where one is open; on an axis of choices a set of numbers.

/** Return brushes by axis, made of what Python sends: texts of choices, or two ends. */
function brushesFrom(axes, sent) {
  const found = new Map();
  for (const axis of axes) {
    const told = sent[axis.name];
    if (!told) continue;
    if (axis.kind === "number") found.set(axis.name, { low: told[0], high: told[1] });
    else found.set(axis.name, new Set(told.map((text) => axis.choices.indexOf(text)).filter((n) => n >= 0)));
  }
  return found;
}

/** Return brushes as Python reads them. */
function brushesTo(axes, brushes) {
  const told = {};
  for (const axis of axes) {
    const brush = brushes.get(axis.name);
    if (!brush) continue;
    if (axis.kind === "number") told[axis.name] = [brush.low, brush.high];
    else told[axis.name] = [...brush].sort((a, b) => a - b).map((number) => axis.choices[number]);
  }
  return told;
}

/** Return the lowest and the highest place that a brush on an axis of numbers covers. */
function extent(axis, brush) {
  const ends = [brush.low ?? -Infinity, brush.high ?? Infinity].map((end) => {
    if (end === -Infinity) return axis.flip ? 1 : 0;
    if (end === Infinity) return axis.flip ? 0 : 1;
    return axis.log && end <= 0 ? (axis.flip ? 1 : 0) : place(axis, end);
  });
  return [Math.min(...ends), Math.max(...ends)];
}

/** Return the brush between two places on an axis of numbers; an end at the end of the axis is open. */
function brushBetween(axis, first, second) {
  const [one, two] = [numberAt(axis, first), numberAt(axis, second)];
  const [low, high] = one <= two ? [one, two] : [two, one];
  return { low: low <= axis.low ? null : low, high: high >= axis.high ? null : high };
}

/** Return the choices between two places on an axis of choices. */
function choicesBetween(axis, first, second) {
  const [one, two] = [choiceAt(axis, first), choiceAt(axis, second)].sort((a, b) => a - b);
  return new Set(Array.from({ length: two - one + 1 }, (_, n) => one + n));
}

/** Return which trials all brushes let through (Uint8Array), and how many they are. */
function selected(axes, columns, shown, brushes) {
  const kept = Uint8Array.from(shown);
  axes.forEach((axis, number) => {
    const brush = brushes.get(axis.name);
    if (!brush) return;
    const column = columns[number];
    if (axis.kind === "choice") {
      for (let row = 0; row < kept.length; row += 1) if (!brush.has(column[row])) kept[row] = 0;
      return;
    }
    // The columns are float32: ends are rounded as they are, so that a trial on an end stays in.
    const [low, high] = [Math.fround(brush.low ?? -Infinity), Math.fround(brush.high ?? Infinity)];
    for (let row = 0; row < kept.length; row += 1) if (!(column[row] >= low && column[row] <= high)) kept[row] = 0;
  });
  return { kept, count: kept.reduce((sum, one) => sum + one, 0) };
}
