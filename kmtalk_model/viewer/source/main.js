// The viewer: reads what the page holds, shows it, and tells tests and scripts its state.

import { audioClock, wallClock } from "./clock.js";
import { Controls } from "./controls.js";
import { readAbout, readFaces, readMotion, readSkin, readSound } from "./data.js";
import { byId } from "./dom.js";
import { Panels } from "./panels.js";
import { Player } from "./player.js";
import { Stage } from "./stage.js";
import { Timeline } from "./timeline.js";

/** Show a sentence in place of what can't be shown. */
function say(text) {
  const notice = byId("notice");
  notice.textContent = text;
  notice.hidden = false;
}

/** The clock of the recording; without one that plays here, a wall clock. */
async function clockOf(about) {
  const sound = readSound();
  const wall = () => wallClock(about.frames / about.fps);
  if (!sound) return wall();
  try {
    return await audioClock(sound, byId("audio"));
  } catch (error) {
    say(`The sound can't be played here (${error.message}), so it is shown without.`);
    return wall();
  }
}

async function start() {
  const about = readAbout();
  const surface = { faces: await readFaces(), skin: await readSkin() };
  const motions = [];
  for (let n = 0; n < about.animations.length; n++) motions.push(await readMotion(n, about));
  const clock = await clockOf(about);
  const stage = new Stage(byId("stage"), about, surface, motions);
  const panels = new Panels(about, stage);
  const player = new Player(about, clock);
  const timeline = new Timeline(about, player, panels);
  const controls = new Controls(about, player, panels, stage);
  player.onFrame((frame) => {
    stage.show(frame);
    panels.show(frame);
  });
  player.onTick((time, frame) => {
    timeline.show(time, frame);
    controls.show(time, frame);
  });
  player.refresh();
  window.kmtalk = Object.freeze({
    get time() { return clock.time; },
    get frame() { return stage.frame; },
    get playing() { return clock.playing; },
    get rate() { return clock.rate; },
    get sound() { return clock.sound; },
    get shown() { return panels.shown.map((one) => one.name); },
    get heat() { return stage.heat; },
  });
  document.body.dataset.ready = "yes";
}

start().catch((error) => {
  say(`This page can't be shown here: ${error.message}`);
  throw error;
});
