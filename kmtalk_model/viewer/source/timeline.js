// The timeline: words, phones, key frames and errors over time, to read and to jump by.

import { byId, element } from "./dom.js";
import { errorRow } from "./curve.js";

// So wide is a second at least, so that a phone of 50 ms still has room for its label.
const SECOND_PX = 240;
// A press that moves less is a click.
const STILL_PX = 4;

export class Timeline {
  constructor(about, player, panels) {
    this._player = player;
    this._window = byId("window");
    this._track = byId("track");
    this._track.style.minWidth = `${Math.round(player.duration * SECOND_PX)}px`;
    this._playhead = element("div", "playhead");
    this._tiers = ["words", "phones"].filter((name) => about[name].length).map((name) => this._tier(name, about[name]));
    this._ticks = about.keys.map((row) => this._keys(row, about.keys.length > 1));
    if (about.errors) this._track.append(errorRow(about, panels, player));
    this._seconds();
    this._track.append(this._playhead);
    byId("timeline").hidden = this._track.children.length === 2 && !about.errors;
    this._scrub();
  }

  /** Mark what is said at a time, and the key frame that a frame is. */
  show(time, frame) {
    const here = frame / this._player.fps;
    this._playhead.style.left = this._place(Math.min(time, this._player.duration));
    for (const tier of this._tiers) {
      // A frame that begins a phone shows it, though its time is rounded.
      const found = tier.findLast((one) => one.start <= Math.max(here, time) + 1e-6);
      mark(tier, found && Math.max(here, time) < found.end ? found : null);
    }
    for (const row of this._ticks) mark(row, row.find((one) => one.frame === frame));
    this._follow();
  }

  _tier(name, intervals) {
    const row = this._row(name, name);
    return intervals.map(([start, end, label]) => {
      const made = button("interval", `${label}, ${start.toFixed(2)} s`, label);
      made.style.left = this._place(start);
      made.style.width = this._place(end - start);
      made.dataset.time = String(start);
      row.append(made);
      return { element: made, start, end };
    });
  }

  _keys({ of, source, frames }, several) {
    const row = this._row("keys", several ? `key frames, ${of.join(", ")}` : "key frames");
    row.title = [source, ...of].filter(Boolean).join(", ");
    return frames.map((frame) => {
      const time = frame / this._player.fps;
      const made = button("key", `key frame ${frame}, ${time.toFixed(2)} s`, "");
      made.style.left = this._place(time);
      made.dataset.time = String(time);
      row.append(made);
      return { element: made, frame };
    });
  }

  _row(className, label) {
    const row = element("div", `row ${className}`);
    const name = element("span", "label", label);
    name.dir = "auto";
    row.append(name);
    this._track.append(row);
    return row;
  }

  /** A thin line for each second, and its number. */
  _seconds() {
    const row = element("div", "seconds");
    for (let second = 0; second < this._player.duration; second++) {
      const made = element("span", "second", `${second} s`);
      made.style.left = this._place(second);
      row.append(made);
    }
    this._track.prepend(row);
  }

  _place(time) {
    return `${(100 * time) / this._player.duration}%`;
  }

  /** Keep the playhead in sight of a long timeline, beside the labels that stay at its left. */
  _follow() {
    const { scrollLeft, clientWidth } = this._window;
    const [x, labels] = [this._playhead.offsetLeft, this._track.offsetLeft];
    const seen = clientWidth - labels;
    if (x < scrollLeft || x > scrollLeft + seen * 0.9) this._window.scrollLeft = x - seen * 0.1;
  }

  /** A click on something goes to its beginning, one elsewhere to its time; a drag goes along. */
  _scrub() {
    let [from, moved] = [null, false];
    const time = (event) => {
      const { left, width } = this._track.getBoundingClientRect();
      return ((event.clientX - left) / width) * this._player.duration;
    };
    this._track.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      // The focus stays where it was, so that the space bar still plays.
      if (event.pointerType === "mouse") event.preventDefault();
      [from, moved] = [event.clientX, false];
    });
    window.addEventListener("pointermove", (event) => {
      if (from === null || event.pointerType === "touch") return;
      moved ||= Math.abs(event.clientX - from) > STILL_PX;
      if (moved) this._player.seek(time(event));
    });
    for (const ending of ["pointerup", "pointercancel"]) window.addEventListener(ending, () => { from = null; });
    this._track.addEventListener("click", (event) => {
      if (moved) return;
      const jump = event.target.closest("[data-time]");
      this._player.seek(jump ? Number(jump.dataset.time) : time(event));
    });
  }
}

/** A button that the tab key passes by: there may be hundreds, and the keys , and . do the same. */
function button(className, name, text) {
  const made = element("button", className, text);
  made.type = "button";
  made.tabIndex = -1;
  made.setAttribute("aria-label", name);
  made.title = name;
  return made;
}

function mark(items, current) {
  for (const one of items) one.element.classList.toggle("current", one === current);
}
