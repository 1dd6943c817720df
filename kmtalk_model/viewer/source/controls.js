// Controls: buttons, slider and keys.

import { byId, element } from "./dom.js";
import { gradient } from "./heat.js";

export class Controls {
  constructor(about, player, panels, stage) {
    this._player = player;
    this._play = byId("play");
    this._slider = byId("position");
    this._slider.max = String(about.frames - 1);
    this._seconds = player.duration.toFixed(2);
    byId("loop").addEventListener("change", (event) => { player.clock.loop = event.target.checked; });
    byId("speed").addEventListener("change", (event) => { player.clock.rate = Number(event.target.value); });
    this._play.addEventListener("click", () => player.toggle());
    this._slider.addEventListener("input", () => player.seekFrame(Number(this._slider.value)));
    byId("back").addEventListener("click", () => player.step(-1));
    byId("on").addEventListener("click", () => player.step(1));
    byId("front").addEventListener("click", () => stage.reset());
    byId("audio").addEventListener("pause", () => player.refresh());
    byId("audio").addEventListener("play", () => player.refresh());
    this._sound(player.clock);
    this._choice(panels);
    if (about.errors) this._errors(about.errors, stage);
    document.addEventListener("keydown", (event) => this._key(event));
    leaveFocus();
  }

  /** Say where it is. */
  show(time, frame) {
    this._slider.value = String(frame);
    const text = `${Math.min(time, this._player.duration).toFixed(2)} / ${this._seconds} s`;
    byId("time").textContent = text;
    byId("frame").textContent = `frame ${frame} of ${this._player.frames - 1}`;
    this._slider.setAttribute("aria-valuetext", `${text}, frame ${frame}`);
    const playing = this._player.clock.playing;
    this._play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this._play.classList.toggle("playing", playing);
  }

  _sound(clock) {
    const mute = byId("mute");
    mute.closest("label").hidden = !clock.sound;
    mute.addEventListener("change", () => { clock.muted = mute.checked; });
  }

  /** A box to tick for each animation, where there are several. */
  _choice(panels) {
    if (panels.all.length < 2) return;
    const choice = byId("choice");
    choice.hidden = false;
    const chosen = new Set(panels.shown);
    for (const one of panels.all) {
      const [label, box] = [element("label", "tick"), element("input")];
      box.type = "checkbox";
      box.checked = chosen.has(one);
      box.addEventListener("change", () => { box.checked = panels.toggle(one.number, box.checked); });
      const name = element("span", "", one.name);
      name.dir = "auto";
      label.append(box, name);
      choice.append(label);
    }
  }

  _errors(errors, stage) {
    const [box, scale] = [byId("heat"), byId("scale")];
    box.closest("label").hidden = false;
    box.addEventListener("change", () => {
      stage.wear(box.checked);
      scale.hidden = !box.checked;
    });
    byId("colours").style.background = gradient(errors);
    scale.setAttribute("aria-label", `Distance from the motion beside, ${errors.marks[0]} to ${errors.marks.at(-1)}`);
    byId("marks").append(...errors.marks.map((mark) => element("span", "", mark)));
  }

  _key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const kind = event.target.closest?.("button, select, input")?.type;
    // What has the focus keeps the keys that are its own.
    if (kind === "select-one" || (event.key === " " && (kind === "button" || kind === "checkbox"))) return;
    const actions = {
      " ": () => this._player.toggle(),
      ArrowLeft: () => this._player.step(-1),
      ArrowRight: () => this._player.step(1),
      Home: () => this._player.seekFrame(0),
      End: () => this._player.seekFrame(this._player.frames - 1),
      ",": () => this._player.stepKey(-1),
      ".": () => this._player.stepKey(1),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

/** What a pointer has used gives up the focus, so that the space bar plays and does not use it again. */
function leaveFocus() {
  let pointer = false;
  document.addEventListener("pointerdown", () => { pointer = true; }, true);
  document.addEventListener("keydown", () => { pointer = false; }, true);
  document.addEventListener("change", (event) => { if (pointer) event.target.blur(); });
  document.addEventListener("click", (event) => { if (pointer) event.target.closest?.("button")?.blur(); });
}
