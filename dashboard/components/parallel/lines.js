// The lines of the trials on two canvases: all of them faint below, those that the brushes let through above.

// Viridis (van der Walt & Smith 2015, https://bids.github.io/colormap/), the worst first; its pale or its dark end is
// left out where the background is like it.
const RAMPS = {
  light: ["#b5de2b", "#6ece58", "#35b779", "#1f9e89", "#26828e", "#31688e", "#3e4989", "#482878", "#440154"],
  dark: ["#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26", "#fde725"],
};
const FAINT = { light: "#6e6e78", dark: "#aaaab4" };
const NO_SCORE = { light: "#8c8c8c", dark: "#8f959e" };

/** Return the color of each of 64 steps from the worst to the best. */
function ramp(theme) {
  const stops = RAMPS[theme].map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: 64 }, (_, step) => {
    const at = (step / 63) * (stops.length - 1);
    const below = Math.min(Math.floor(at), stops.length - 2);
    const mixed = stops[below].map((one, k) => Math.round(one + (at - below) * (stops[below + 1][k] - one)));
    return `rgb(${mixed.join(",")})`;
  });
}

/** Return how opaque a line among so many is: some 60 lie well beside each other. */
function opacity(count) {
  return Math.max(0.09, Math.min(0.9, 0.9 * Math.sqrt(60 / Math.max(count, 1))));
}

/**
 * Return the height of every trial on every axis, in pixels: Float32Array an axis; what is not used lies lowest.
 * The trials of one choice are spread over its room, so that one sees how many they are.
 */
function heights(axes, columns, layout) {
  return axes.map((axis, number) => {
    const column = columns[number];
    const spread = axis.kind === "choice" ? 0.5 : 0;
    return Float32Array.from(column, (value, row) => {
      // The golden ratio spreads neighbors evenly; another shift on each axis, so that lines do not run parallel.
      const shift = spread * (((row * 0.6180339887 + number * 0.37) % 1) - 0.5);
      const at = place(axis, value + shift);
      return at === null ? layout.unused : layout.bottom - at * (layout.bottom - layout.top);
    });
  });
}

/** Make a canvas sharp on this screen, empty it, and return its pen. */
function pen(canvas, layout) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [width, height] = [Math.round(layout.width * ratio), Math.round(layout.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const drawn = canvas.getContext("2d");
  drawn.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawn.clearRect(0, 0, layout.width, layout.height);
  return drawn;
}

/** Draw the trials for which `wanted` is true, in their order: those of one color after the other, in few strokes. */
function stroke(drawn, layout, ys, colorOf, wanted, rows) {
  let [current, open] = [null, 0];
  for (let row = 0; row < rows; row += 1) {
    if (!wanted(row)) continue;
    const color = colorOf(row);
    if (color !== current || open >= 40) {
      if (open) drawn.stroke();
      drawn.beginPath();
      drawn.strokeStyle = color;
      [current, open] = [color, 0];
    }
    drawn.moveTo(layout.xs[0], ys[0][row]);
    for (let axis = 1; axis < ys.length; axis += 1) drawn.lineTo(layout.xs[axis], ys[axis][row]);
    open += 1;
  }
  if (open) drawn.stroke();
}

/** Draw all trials faint. */
function drawAll(canvas, layout, ys, theme, rows) {
  const drawn = pen(canvas, layout);
  drawn.lineWidth = 1;
  drawn.globalAlpha = Math.max(0.02, Math.min(0.25, 0.25 * Math.sqrt(50 / rows)));
  stroke(drawn, layout, ys, () => FAINT[theme], () => true, rows);
}

/** Draw the chosen trials in the colors of their scores; the best come last and lie on top. */
function drawChosen(canvas, layout, ys, theme, color, chosen) {
  const drawn = pen(canvas, layout);
  const colors = ramp(theme);
  drawn.globalAlpha = opacity(chosen.count);
  drawn.lineWidth = chosen.count > 400 ? 1 : 1.5;
  const colorOf = (row) => (Number.isNaN(color[row]) ? NO_SCORE[theme] : colors[Math.round(color[row] * 63)]);
  stroke(drawn, layout, ys, colorOf, (row) => chosen.kept[row] === 1, chosen.kept.length);
}
