// Panels: which animations are shown, under which names, and what is said of each.

import { byId, element } from "./dom.js";

// Colours that people with any colour vision tell apart (Okabe and Ito).
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const CAPTURED = "#6b6f76";
// More than so many beside each other are too small to begin with; a narrow window holds two.
const [MANY, FEW, NARROW_PX] = [4, 2, 700];

export class Panels {
  constructor(about, stage) {
    this._stage = stage;
    this._listeners = [];
    this.all = about.animations.map((one, number) => ({
      ...one,
      number,
      colour: one.captured ? CAPTURED : COLOURS[number % COLOURS.length],
      now: element("span", "now"),
    }));
    this._chosen = new Set(this._first());
    this._rows = this.all.map((one) => panel(one));
    this._frame = 0;
    this._arrange();
  }

  /** The animations that are shown, in order. */
  get shown() {
    return this.all.filter((one) => this._chosen.has(one.number));
  }

  /** Call back when others are shown. */
  onChange(listener) { this._listeners.push(listener); }

  /** Show one, or no longer; the last one stays. Gives whether it is shown now. */
  toggle(number, wanted) {
    if (wanted) this._chosen.add(number);
    else if (this._chosen.size > 1) this._chosen.delete(number);
    this._arrange();
    for (const listener of this._listeners) listener();
    return this._chosen.has(number);
  }

  /** Say each model's error at a frame. */
  show(frame) {
    this._frame = frame;
    for (const one of this.all) if (one.error) one.now.textContent = `${one.error.shown[frame]} now`;
  }

  /** What is shown at first: all where there is room, else the first model and the captured motion. */
  _first() {
    const all = this.all.map((one) => one.number);
    if (all.length <= (window.innerWidth < NARROW_PX ? FEW : MANY)) return all;
    const captured = this.all.filter((one) => one.captured).map((one) => one.number);
    return [0, ...captured];
  }

  _arrange() {
    const places = this.shown.map((one) => [one.number, this._rows[one.number]]);
    byId("panels").replaceChildren(...places.map(([, row]) => row));
    this._stage.place(places);
  }
}

function panel(one) {
  const made = element("figure", "panel");
  made.dataset.name = one.name;
  const caption = element("figcaption");
  const name = element("strong", "", one.name);
  name.dir = "auto";
  const swatch = element("span", "swatch");
  swatch.style.background = one.colour;
  const head = element("span", "head");
  head.append(swatch, name);
  caption.append(head);
  if (one.error) {
    const said = element("span", "said", `mean error ${one.error.mean} `);
    said.append(one.now);
    caption.append(said);
  }
  made.append(caption);
  return made;
}
