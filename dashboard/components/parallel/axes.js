// The axes as SVG above the lines: titles, ticks, brushes, and the parts that the keyboard reaches.

const SVG = "http://www.w3.org/2000/svg";
const TOP = 58;
const BELOW = 50;
const UNUSED = 24;
const NARROW = 54;
const FINGER = 72;

/** Return a new SVG element; a `text` becomes its content, never markup. */
function made(tag, attributes, parent, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.appendChild(element);
  return element;
}

/** Return where everything lies in a room of so many pixels; it gets wider than that where axes would touch. */
function layoutOf(axes, room, height) {
  const apart = room < 600 ? FINGER : NARROW;
  const width = Math.max(room, 60 + apart * axes.length);
  const step = (width - 104) / Math.max(axes.length - 1, 1);
  const xs = axes.map((_, number) => (axes.length === 1 ? width / 2 : 48 + number * step));
  const bottom = height - BELOW;
  return { width, height, xs, step: axes.length === 1 ? width : step, top: TOP, bottom, unused: bottom + UNUSED };
}

/** Return a text that fits into so many pixels; its middle is left out, as names often differ in their ends. */
function fitting(text, pixels, letter) {
  const letters = Math.max(5, Math.floor(pixels / letter));
  if (text.length <= letters) return text;
  const half = (letters - 1) / 2;
  return `${text.slice(0, Math.ceil(half))}…${text.slice(text.length - Math.floor(half))}`;
}

/** Return a name that fits into so many pixels; of one in a group (`augmentation.crop`) the group is cut, not the name. */
function fittingName(name, pixels, letter) {
  const letters = Math.max(5, Math.floor(pixels / letter));
  const group = name.lastIndexOf(".");
  const own = name.slice(group);
  const left = letters - own.length - 1;
  if (name.length <= letters || group < 0 || left < 1) return fitting(name, pixels, letter);
  return `${name.slice(0, left)}…${own}`;
}

/** Return an axis in words for those who hear it. */
function described(axis, number, count) {
  const scale = axis.kind === "choice" ? "choices" : axis.log ? "logarithmic" : "linear";
  const flip = axis.flip ? ", upside down" : "";
  return `${axis.title}, axis ${number + 1} of ${count}, ${scale}${flip}. Left and right arrow move it, Enter flips it.`;
}

/** Draw one axis and return the parts that a brush changes. */
function drawAxis(svg, axis, number, view) {
  const { layout } = view;
  const x = layout.xs[number];
  const group = made("g", { class: "axis", "data-axis": axis.name }, svg);
  drawTitle(group, axis, number, view);
  made("line", { x1: x, x2: x, y1: layout.top, y2: layout.bottom, class: "rail" }, group);
  made("rect", { x: x - 16, y: layout.top - 8, width: 32, height: layout.bottom - layout.top + 16, class: "hit" }, group);
  if (view.lacking[number]) {
    made("line", { x1: x - 6, x2: x + 6, y1: layout.unused, y2: layout.unused, class: "rail" }, group);
    made("text", { x, y: layout.unused + 16, class: "tick", "text-anchor": "middle" }, group, view.lacking[number]);
  }
  const parts = { ticks: [], bands: made("g", {}, group), ends: [] };
  for (const tick of ticks(axis, layout.bottom - layout.top)) drawTick(group, axis, tick, x, view, parts);
  if (axis.kind === "number") {
    for (const end of ["low", "high"]) parts.ends.push(drawEnd(group, axis, end, x));
  }
  return parts;
}

function drawTitle(group, axis, number, view) {
  const { layout, axes } = view;
  const twoRows = layout.step < 130;
  const room = twoRows ? 2 * layout.step - 14 : layout.step - 10;
  const [first, last] = [number === 0, number === axes.length - 1 && axes.length > 1];
  const x = layout.xs[number] + (first ? -40 : last ? 48 : 0);
  const anchor = first ? "start" : last ? "end" : "middle";
  const attributes = {
    x, y: twoRows && number % 2 ? 16 : 36, class: "title", "text-anchor": anchor, tabindex: 0, role: "button",
    "data-title": axis.name, "aria-label": described(axis, number, axes.length),
  };
  const wide = first || last ? room * 0.95 : room;
  const element = made("text", attributes, group, `${axis.flip ? "↓ " : ""}${fittingName(axis.title, wide, 6.7)}`);
  made("title", {}, element, `${axis.title}: drag to move the axis, click to turn it over`);
}

function drawTick(group, axis, tick, x, view, parts) {
  const y = view.layout.bottom - tick.at * (view.layout.bottom - view.layout.top);
  made("line", { x1: x - 4, x2: x + 4, y1: y, y2: y, class: "rail" }, group);
  const attributes = { x: x + 8, y: y + 4, class: "tick" };
  if (axis.kind === "choice") {
    Object.assign(attributes, { tabindex: 0, role: "checkbox", "data-choice": tick.number, class: "tick choice" });
    attributes["aria-label"] = `${axis.title}: ${tick.text}`;
  }
  const text = made("text", attributes, group, fitting(tick.text, view.layout.step - 12, 5.8));
  if (axis.kind === "choice") {
    made("title", {}, text, tick.text);
    parts.ticks.push({ element: text, number: tick.number });
  }
}

function drawEnd(group, axis, end, x) {
  const attributes = {
    x: x - 11, width: 22, height: 7, rx: 3, class: "end", tabindex: 0, role: "slider", "data-end": end,
    "aria-orientation": "vertical", "aria-label": `${axis.title}, ${end === "low" ? "lower" : "upper"} end of the brush`,
  };
  return made("rect", attributes, group);
}

/** Show a brush on its axis; without one its ends wait, unseen, at the ends of the axis. */
function showBrush(axis, number, brush, parts, layout) {
  const height = layout.bottom - layout.top;
  parts.bands.replaceChildren();
  const band = (from, to) => made("rect", {
    x: layout.xs[number] - 9, width: 18, y: layout.bottom - to * height, height: Math.max((to - from) * height, 2),
    rx: 3, class: "band",
  }, parts.bands);
  if (axis.kind === "choice") {
    const half = 0.5 / axis.choices.length;
    for (const tick of parts.ticks) {
      const inside = brush ? brush.has(tick.number) : false;
      tick.element.setAttribute("aria-checked", String(!brush || inside));
      tick.element.classList.toggle("out", Boolean(brush) && !inside);
      const at = place(axis, tick.number);
      if (inside) band(at - half * 0.9, at + half * 0.9);
    }
    return;
  }
  const [from, to] = brush ? extent(axis, brush) : [0, 1];
  if (brush) band(from, to);
  const upright = axis.flip ? [to, from] : [from, to];
  parts.ends.forEach((element, which) => {
    const value = (which === 0 ? brush?.low : brush?.high) ?? (which === 0 ? axis.low : axis.high);
    element.setAttribute("y", layout.bottom - upright[which] * height - 3.5);
    element.classList.toggle("on", Boolean(brush));
    element.setAttribute("aria-valuemin", axis.low);
    element.setAttribute("aria-valuemax", axis.high);
    element.setAttribute("aria-valuenow", value);
    element.setAttribute("aria-valuetext", brush ? written(value) : `${written(value)}, no brush`);
  });
}
