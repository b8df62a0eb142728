// A plain text editor with line numbers that tells Python what was typed, once the typist pauses for a moment.
// Keyboard: Tab leaves the field, as everywhere on the page.

const PAUSE = 250; // ms: Python answers in less, and hears whole words

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const area = parentElement.querySelector("textarea");
  const gutter = parentElement.querySelector(".gutter");

  const number = () => {
    const wrong = new Set(parentElement.wrong ?? []);
    const count = area.value.split("\n").length;
    gutter.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const line = document.createElement("div");
        line.textContent = wrong.has(index + 1) ? `✗ ${index + 1}` : `${index + 1}`;
        line.className = wrong.has(index + 1) ? "wrong" : "";
        return line;
      }),
    );
    gutter.scrollTop = area.scrollTop;
  };

  parentElement.wrong = data.wrong;
  area.setAttribute("aria-label", data.label);
  area.maxLength = data.most;
  if (parentElement.source !== data.source) {
    parentElement.source = data.source;
    area.value = data.text;
  }
  number();

  const say = () => setStateValue("typed", { source: parentElement.source, text: area.value });
  area.oninput = () => {
    number();
    clearTimeout(parentElement.pause);
    parentElement.pause = setTimeout(say, PAUSE);
  };
  area.onblur = () => {
    clearTimeout(parentElement.pause);
    say();
  };
  area.onscroll = () => {
    gutter.scrollTop = area.scrollTop;
  };
  return () => clearTimeout(parentElement.pause);
}
