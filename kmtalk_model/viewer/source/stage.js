// The stage: faces beside each other, each in a panel of its own, lit and seen by one camera.

import { DirectionalLight, HemisphereLight, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

import { Face, POINT_PIXELS } from "./face.js";

// A long lens: a face seen from near looks swollen.
const ANGLE_DEG = 16;
// The share of a panel that the face fills.
const FILLED = 0.9;
// Lights by where they stand, seen from the camera (right, up, towards it), and how bright they are.
const LIGHTS = [[[-0.5, 0.7, 0.9], 1.5], [[0.9, 0.2, 0.7], 0.6], [[0, 0, 1], 0.35]];

export class Stage {
  /** @param {HTMLElement} host where the panels stand; the canvas lies behind them */
  constructor(host, about, surface, motions) {
    this._host = host;
    this._box = about.box.map((size) => size || 1e-3);
    this._forwards = new Vector3(...about.view.forwards);
    this._upwards = new Vector3(...about.view.upwards);
    this._faces = motions.map((codes) => new Face(about, surface, codes));
    const captured = about.animations.findIndex((one) => one.captured);
    this._captured = this._faces[captured];
    this._panels = [];
    // So high are the captions over the faces.
    this._caption = 0;
    this.frame = -1;
    this.heat = false;
    this._renderer = new WebGLRenderer({ canvas: host.querySelector("canvas"), antialias: true, alpha: true });
    this._renderer.setScissorTest(true);
    this._scene = new Scene();
    this._camera = new PerspectiveCamera(ANGLE_DEG, 1, 0.01, 100);
    this._camera.up.copy(this._upwards);
    const sky = new HemisphereLight(0xffffff, 0xc9b8ac, 1.5);
    sky.position.copy(this._upwards);
    this._scene.add(this._camera, sky, ...this._faces.map((one) => one.object));
    for (const [place, brightness] of LIGHTS) {
      const light = new DirectionalLight(0xffffff, brightness);
      light.position.fromArray(place);
      light.target = this._camera;
      this._camera.add(light);
    }
    this._fitted = 0;
    this._orbit = new OrbitControls(this._camera, host);
    this._orbit.enablePan = false;
    this._orbit.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.layout()).observe(host);
  }

  /** Show the faces with these numbers, each where its element is: [[number, element], ...]. */
  place(panels) {
    this._panels = panels;
    this._pose();
    this.layout();
  }

  /** Show a frame. */
  show(frame) {
    this.frame = frame;
    this._pose();
    this.draw();
  }

  /** Wear the colours of errors, all but the captured face, or those of skin. */
  wear(heat) {
    this.heat = heat;
    for (const face of this._faces) face.wear(heat && face !== this._captured);
    this._pose();
    this.draw();
  }

  /** Look from the front again, at all of the face. */
  reset() {
    this._fitted = 0;
    this.layout();
  }

  /** Fit canvas and camera to the panels; a person's own view keeps its direction and its nearness. */
  layout() {
    if (!this._panels.length || !this._host.clientWidth) return;
    const ratio = Math.min(window.devicePixelRatio, 2);
    this._renderer.setPixelRatio(ratio);
    this._renderer.setSize(this._host.clientWidth, this._host.clientHeight, false);
    for (const face of this._faces) face.setPixels(POINT_PIXELS * ratio);
    this._host.style.setProperty("--columns", String(this._columns()));
    this._caption = Math.max(...this._panels.map(([, panel]) => panel.firstElementChild.offsetHeight));
    const { clientWidth, clientHeight } = this._panels[0][1];
    this._camera.aspect = clientWidth / Math.max(clientHeight - this._caption, 1);
    const distance = this._distance();
    const direction = this._fitted ? this._camera.position.clone() : this._forwards.clone();
    const nearness = this._fitted ? direction.length() / this._fitted : 1;
    this._camera.position.copy(direction.setLength(distance * nearness));
    this._camera.updateProjectionMatrix();
    [this._orbit.minDistance, this._orbit.maxDistance] = [distance * 0.15, distance * 4];
    this._fitted = distance;
    this._orbit.update();
    this.draw();
  }

  draw() {
    const height = this._host.clientHeight;
    const all = this._host.getBoundingClientRect();
    this._renderer.setScissor(0, 0, this._host.clientWidth, height);
    this._renderer.setClearAlpha(0);
    this._renderer.clear();
    for (const [number, panel] of this._panels) {
      const { left, bottom, width, height: tall } = panel.getBoundingClientRect();
      const place = [left - all.left, all.bottom - bottom, width, tall - this._caption];
      this._renderer.setViewport(...place);
      this._renderer.setScissor(...place);
      this._faces.forEach((face, n) => { face.object.visible = n === number; });
      this._renderer.render(this._scene, this._camera);
    }
  }

  /** Put every face that is seen, and the captured one beside errors, to the frame. */
  _pose() {
    if (this.frame < 0) return;
    const seen = new Set(this._panels.map(([number]) => this._faces[number]));
    if (this.heat) seen.add(this._captured);
    for (const face of seen) face.show(this.frame);
    if (this.heat) for (const face of seen) if (face !== this._captured) face.compare(this._captured);
  }

  /** In how many columns the panels stand so that faces are largest. */
  _columns() {
    const [count, { clientWidth, clientHeight }, [width, height]] = [this._panels.length, this._host, this._seen()];
    const size = (columns) =>
      Math.min(clientWidth / columns / Math.max(width, 1e-3), clientHeight / Math.ceil(count / columns) / height);
    return this._panels.map((_, n) => n + 1).reduce((best, n) => (size(n) > size(best) ? n : best), 1);
  }

  /** Width, height and depth of the box as it is seen from the front: it lies along the axes, as that view does. */
  _seen() {
    const across = new Vector3().crossVectors(this._upwards, this._forwards);
    const box = new Vector3(...this._box);
    return [across, this._upwards, this._forwards].map((axis) => Math.abs(axis.dot(box)));
  }

  /** How far the camera stands to see the whole box in a panel. */
  _distance() {
    const [width, height, depth] = this._seen();
    const half = Math.max(height, width / this._camera.aspect, 1e-3) / 2 / FILLED;
    return half / Math.tan((ANGLE_DEG * Math.PI) / 360) + depth / 2;
  }
}
