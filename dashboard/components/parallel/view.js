// The view as a whole: what Python sent, what is brushed now, and what Python is told.

class View {
  constructor(root) {
    this.root = root;
    root.innerHTML = "";
    this.bar = root.appendChild(document.createElement("div"));
    this.bar.className = "bar";
    this.count = this.bar.appendChild(document.createElement("span"));
    this.count.setAttribute("role", "status");
    this.clear = this.bar.appendChild(document.createElement("button"));
    this.clear.textContent = "Clear brushes";
    this.clear.addEventListener("click", () => this.clearAll());
    this.legend = this.bar.appendChild(document.createElement("span"));
    this.legend.className = "legend";
    this.scroll = root.appendChild(document.createElement("div"));
    this.scroll.className = "scroll";
    this.plot = this.scroll.appendChild(document.createElement("div"));
    this.plot.className = "plot";
    this.all = this.plot.appendChild(document.createElement("canvas"));
    this.chosen = this.plot.appendChild(document.createElement("canvas"));
    this.svg = made("svg", { role: "group" }, this.plot);
    this.brushes = new Map();
    this.parts = [];
    this.told = 0;
    listen(this);
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.scroll);
  }

  /** Take what Python sent; brushes older than what was told last are those of an earlier drawing. */
  update(data, tell) {
    this.send = tell;
    const table = data.columns;
    const first = this.axes === undefined;
    const current = !this.waiting || data.answered >= this.told;
    if (first) this.told = data.answered;
    if (!current || this.gesture) return;
    this.waiting = false;
    this.axes = data.axes;
    this.columns = data.axes.map((_, number) => table.getChild(String(number)).toArray());
    this.color = table.getChild("color").toArray();
    this.shown = table.getChild("shown").toArray();
    this.brushes = brushesFrom(this.axes, data.brushes);
    this.ends = data.legend;
    this.svg.setAttribute("aria-label", `Parallel coordinates of ${this.color.length} trials on ${this.axes.length} axes`);
    this.drawEverything();
  }

  get theme() {
    const probe = getComputedStyle(this.plot).getPropertyValue("--st-background-color").trim() || "#ffffff";
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(probe.slice(at, at + 2), 16));
    return 0.3 * red + 0.6 * green + 0.1 * blue < 128 ? "dark" : "light";
  }

  resized() {
    if (this.axes && this.scroll.clientWidth && this.scroll.clientWidth !== this.room) this.drawEverything();
  }

  drawEverything() {
    this.room = this.scroll.clientWidth || 900;
    this.layout = layoutOf(this.axes, this.room, 430);
    this.lacking = this.axes.map((axis, number) => (this.columns[number].some(Number.isNaN) ? (axis.fact ? "none" : "not used") : ""));
    const { width, height } = this.layout;
    for (const element of [this.plot, this.all, this.chosen, this.svg]) {
      Object.assign(element.style, { width: `${width}px`, height: `${height}px` });
    }
    this.ys = heights(this.axes, this.columns, this.layout);
    this.drawn = this.theme;
    drawAll(this.all, this.layout, this.ys, this.drawn, this.color.length);
    this.drawAxes();
    this.drawLegend();
    this.showBrushes();
  }

  /** Draw the axes anew; what had the keyboard keeps it. */
  drawAxes() {
    const held = this.svg.getRootNode().activeElement;
    const key = held && this.svg.contains(held) ? keyOf(held) : null;
    this.svg.replaceChildren();
    this.parts = this.axes.map((axis, number) => drawAxis(this.svg, axis, number, this));
    this.target = made("line", { class: "target", y1: this.layout.top - 30, y2: this.layout.bottom + 8 }, this.svg);
    const again = key && [...this.svg.querySelectorAll("[tabindex]")].find((one) => keyOf(one) === key);
    if (again) again.focus({ preventScroll: true });
  }

  drawLegend() {
    this.legend.replaceChildren();
    const [worst, best] = this.ends.ends.map(written);
    const strip = document.createElement("i");
    strip.style.background = `linear-gradient(90deg, ${RAMPS[this.theme].join(",")})`;
    this.legend.append(`${this.ends.title}: ${worst} or worse`, strip, best);
  }

  /** Put a brush on an axis, or take it away, and draw what it lets through: at most once a frame. */
  setBrush(axis, brush) {
    if (brush) this.brushes.set(axis.name, brush);
    else this.brushes.delete(axis.name);
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = null; this.showBrushes(); });
  }

  showBrushes() {
    const chosen = selected(this.axes, this.columns, this.shown, this.brushes);
    this.axes.forEach((axis, n) => showBrush(axis, n, this.brushes.get(axis.name), this.parts[n], this.layout));
    drawChosen(this.chosen, this.layout, this.ys, this.drawn, this.color, chosen);
    this.count.textContent = `${chosen.count.toLocaleString("en")} of ${this.color.length.toLocaleString("en")} trials`;
    this.clear.hidden = this.brushes.size === 0;
  }

  showTarget(number) {
    this.target.classList.toggle("on", number !== null);
    if (number !== null) for (const end of ["x1", "x2"]) this.target.setAttribute(end, this.layout.xs[number]);
  }

  flip(number) {
    const axes = [...this.axes];
    axes[number] = { ...axes[number], flip: !axes[number].flip };
    this.arrange(axes, this.columns);
  }

  reorder(from, to) {
    const moved = (list) => { const made = [...list]; made.splice(to, 0, ...made.splice(from, 1)); return made; };
    this.arrange(moved(this.axes), moved(this.columns));
  }

  arrange(axes, columns) {
    [this.axes, this.columns] = [axes, columns];
    this.drawEverything();
    this.tellSoon();
  }

  clearAll() {
    this.brushes.clear();
    this.showBrushes();
    this.tell();
  }

  /** Tell Python once the keys rest. */
  tellSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), 350);
  }

  tell() {
    clearTimeout(this.timer);
    this.told += 1;
    this.waiting = true;
    const order = this.axes.map((axis) => [axis.name, axis.flip]);
    this.send({ number: this.told, brushes: brushesTo(this.axes, this.brushes), order });
  }

  end() {
    this.observer.disconnect();
    clearTimeout(this.timer);
  }
}

/** Return what tells an element that the keyboard reaches from the others, also after a new drawing. */
function keyOf(element) {
  const { title, end, choice } = element.dataset;
  return JSON.stringify([element.closest("[data-axis]").dataset.axis, title, end, choice]);
}

/** Streamlit calls this for every drawing of the page. */
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  let root = parentElement.querySelector(".parallel");
  if (!root) {
    root = document.createElement("div");
    root.className = "parallel";
    parentElement.appendChild(root);
  }
  root.view = root.view ?? new View(root);
  root.view.update(data, (told) => setStateValue("told", told));
  return () => { root.view?.end(); root.view = null; };
}
