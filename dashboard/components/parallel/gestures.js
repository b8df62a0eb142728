// What a pointer and the keyboard do: brush, move, resize, clear; reorder axes and turn them over.

const NEAR = 8;
const CLICK = 4;

/** Listen to a view's SVG. */
function listen(view) {
  const svg = view.svg;
  svg.addEventListener("pointerdown", (event) => begin(view, event));
  svg.addEventListener("pointermove", (event) => view.gesture && move(view, event));
  svg.addEventListener("pointerup", (event) => view.gesture && finish(view, event));
  svg.addEventListener("pointercancel", () => abandon(view));
  svg.addEventListener("keydown", (event) => typed(view, event));
}

/** Return where an event lies: pixels of the drawing. */
function pointOf(view, event) {
  const box = view.svg.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function shareOf(view, y) {
  const { top, bottom } = view.layout;
  return Math.min(1, Math.max(0, (bottom - y) / (bottom - top)));
}

function numberOf(view, name) {
  return view.axes.findIndex((axis) => axis.name === name);
}

function begin(view, event) {
  if (event.button !== 0) return;
  const start = pointOf(view, event);
  const owner = event.target.closest("[data-axis]");
  if (!owner) return;
  const number = numberOf(view, owner.dataset.axis);
  const title = event.target.closest("[data-title]");
  const before = new Map(view.brushes);
  view.gesture = title ? { kind: "title", number, start, before } : { ...grip(view, number, start, event), number, start, before };
  view.svg.setPointerCapture(event.pointerId);
}

/** Return what was taken hold of on an axis: an end of its brush, its middle, a choice, or nothing yet. */
function grip(view, number, start, event) {
  const axis = view.axes[number];
  const at = shareOf(view, start.y);
  if (axis.kind === "choice") return { kind: "choice", from: at, label: event.target.closest("[data-choice]") };
  const brush = view.brushes.get(axis.name);
  if (!brush) return { kind: "new", from: at };
  const [low, high] = extent(axis, brush);
  const pixels = view.layout.bottom - view.layout.top;
  if (Math.abs(at - low) * pixels <= NEAR) return { kind: "resize", from: high };
  if (Math.abs(at - high) * pixels <= NEAR) return { kind: "resize", from: low };
  return at > low && at < high ? { kind: "move", from: at, low, high } : { kind: "new", from: at };
}

function move(view, event) {
  const now = pointOf(view, event);
  const { gesture } = view;
  const far = Math.abs(now.y - gesture.start.y) > CLICK || (gesture.kind === "title" && Math.abs(now.x - gesture.start.x) > CLICK);
  gesture.dragged = gesture.dragged || far;
  if (!gesture.dragged) return;
  if (gesture.kind === "title") {
    gesture.to = nearest(view, now.x);
    view.showTarget(gesture.to);
    return;
  }
  const axis = view.axes[gesture.number];
  view.setBrush(axis, dragged(axis, gesture, shareOf(view, now.y)));
}

function dragged(axis, gesture, at) {
  if (gesture.kind === "choice") return choicesBetween(axis, gesture.from, at);
  if (gesture.kind !== "move") return brushBetween(axis, gesture.from, at);
  const shift = Math.min(1 - gesture.high, Math.max(-gesture.low, at - gesture.from));
  return brushBetween(axis, gesture.low + shift, gesture.high + shift);
}

function nearest(view, x) {
  const far = view.layout.xs.map((one) => Math.abs(one - x));
  return far.indexOf(Math.min(...far));
}

function finish(view, event) {
  const { gesture } = view;
  view.gesture = null;
  if (view.svg.hasPointerCapture(event.pointerId)) view.svg.releasePointerCapture(event.pointerId);
  view.showTarget(null);
  const axis = view.axes[gesture.number];
  if (gesture.kind === "title") {
    if (!gesture.dragged) view.flip(gesture.number);
    else if (gesture.to !== gesture.number) view.reorder(gesture.number, gesture.to);
    return;
  }
  if (!gesture.dragged) {
    if (gesture.kind === "choice") toggle(view, axis, gesture.label ? Number(gesture.label.dataset.choice) : choiceAt(axis, gesture.from));
    else view.setBrush(axis, null);
  }
  view.tell();
}

/** Leave everything as it was: the browser has taken the gesture, to scroll. */
function abandon(view) {
  if (!view.gesture) return;
  view.brushes = view.gesture.before;
  view.gesture = null;
  view.showTarget(null);
  view.showBrushes();
}

function toggle(view, axis, number) {
  const brush = new Set(view.brushes.get(axis.name) ?? []);
  if (!brush.delete(number)) brush.add(number);
  view.setBrush(axis, brush.size ? brush : null);
}

function typed(view, event) {
  const owner = event.target.closest("[data-axis]");
  if (!owner || event.ctrlKey || event.metaKey || event.altKey) return;
  const number = numberOf(view, owner.dataset.axis);
  const axis = view.axes[number];
  const used = event.target.closest("[data-title]") ? typedOnTitle(view, number, event.key)
    : event.target.closest("[data-choice]") ? typedOnChoice(view, axis, event)
      : typedOnEnd(view, axis, event);
  const cleared = event.key === "Escape" && view.brushes.has(axis.name);
  if (cleared) view.setBrush(axis, null);
  if (!used && !cleared) return;
  event.preventDefault();
  event.stopPropagation();
  view.tellSoon();
}

function typedOnTitle(view, number, key) {
  const to = key === "ArrowLeft" ? number - 1 : key === "ArrowRight" ? number + 1 : null;
  if (to !== null && to >= 0 && to < view.axes.length) view.reorder(number, to);
  else if (key === "Enter" || key === " ") view.flip(number);
  else return to !== null;
  return true;
}

function typedOnChoice(view, axis, event) {
  if (event.key !== "Enter" && event.key !== " ") return false;
  toggle(view, axis, Number(event.target.closest("[data-choice]").dataset.choice));
  return true;
}

const STEPS = { ArrowUp: 0.01, ArrowRight: 0.01, ArrowDown: -0.01, ArrowLeft: -0.01, PageUp: 0.1, PageDown: -0.1, Home: -1, End: 1 };

function typedOnEnd(view, axis, event) {
  const end = event.target.dataset.end;
  if (!end || !(event.key in STEPS)) return false;
  const brush = view.brushes.get(axis.name) ?? { low: null, high: null };
  const upright = { ...axis, flip: false };
  const [low, high] = extent(upright, brush);
  const step = STEPS[event.key] * (event.shiftKey ? 5 : 1);
  if (end === "low") view.setBrush(axis, brushBetween(upright, Math.min(high, Math.max(0, low + step)), high));
  else view.setBrush(axis, brushBetween(upright, low, Math.max(low, Math.min(1, high + step))));
  return true;
}
