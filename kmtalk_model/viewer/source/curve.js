// Errors over time: a line for each model.

import { element, svg } from "./dom.js";

const HEIGHT = 100;

/** The row of the timeline that shows the mean error of all models that are shown. */
export function errorRow(about, panels, player) {
  const row = element("div", "row curve");
  const label = element("span", "label", "mean error");
  label.append(element("span", "top", about.errors.topShown));
  const drawing = svg("svg", { viewBox: `0 0 ${about.frames} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const models = panels.all.filter((one) => one.error);
  drawing.setAttribute("aria-label", `Mean error over time: ${models.map(said).join("; ")}`);
  const lines = models.map((one) => [one, line(one, about.errors.top)]);
  drawing.append(...lines.map(([, made]) => made));
  row.append(label, drawing);
  const update = () => {
    const shown = new Set(panels.shown);
    for (const [one, made] of lines) made.style.display = shown.has(one) ? "" : "none";
  };
  panels.onChange(update);
  update();
  return row;
}

function line(one, top) {
  const points = one.error.course.map((value, frame) => `${frame},${HEIGHT * (0.96 - (0.88 * value) / top)}`);
  return svg("polyline", { points: points.join(" "), stroke: one.colour });
}

function said(one) {
  return `${one.name} ${one.error.mean}`;
}
