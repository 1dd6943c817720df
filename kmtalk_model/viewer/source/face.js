// A face: the vertices of one animation at one frame, in the colours of skin or of errors.

import {
  BufferAttribute, BufferGeometry, Color, DoubleSide, DynamicDrawUsage, Mesh, MeshStandardMaterial, Points,
  PointsMaterial,
} from "three";

import { heatMaterial } from "./heat.js";

export const POINT_PIXELS = 5;

export class Face {
  /**
   * @param about what the page shows
   * @param {Uint32Array} faces triangles; none: points
   * @param {Uint16Array} codes motion as points of the grid, see readMotion
   */
  constructor(about, faces, codes) {
    this._codes = codes;
    this._count = about.vertices;
    this._side = about.side;
    this._middle = about.box.map((size) => size / 2);
    this._geometry = new BufferGeometry();
    for (const [name, width] of [["position", 3], ["error", 1]]) {
      const attribute = new BufferAttribute(new Float32Array(this._count * width), width);
      this._geometry.setAttribute(name, attribute.setUsage(DynamicDrawUsage));
    }
    this._geometry.setAttribute("color", new BufferAttribute(painted(about), 3));
    this._solid = faces.length > 0;
    if (this._solid) this._geometry.setIndex(new BufferAttribute(faces, 1));
    this._skin = this._solid
      ? new MeshStandardMaterial({ vertexColors: true, roughness: 0.62, metalness: 0, side: DoubleSide })
      : new PointsMaterial({ vertexColors: true, size: POINT_PIXELS, sizeAttenuation: false });
    this._heat = about.errors && heatMaterial(about.errors, this._solid);
    this.object = this._solid ? new Mesh(this._geometry, this._skin) : new Points(this._geometry, this._skin);
    this.object.frustumCulled = false;
  }

  /** Put the vertices where they are in a frame; in units of the grid's side, its box' middle at the origin. */
  show(frame) {
    const position = this._geometry.attributes.position;
    const [out, count, base] = [position.array, this._count, frame * this._count * 3];
    for (let axis = 0; axis < 3; axis++) {
      const [from, middle] = [base + axis * count, this._middle[axis]];
      for (let v = 0; v < count; v++) out[v * 3 + axis] = this._codes[from + v] / 65535 - middle;
    }
    position.needsUpdate = true;
    if (this._solid) this._geometry.computeVertexNormals();
  }

  /** Compare with the captured face, which shows the same frame: each vertex' distance, in the animation's unit. */
  compare(captured) {
    const [mine, other] = [this._geometry.attributes.position.array, captured._geometry.attributes.position.array];
    const error = this._geometry.attributes.error;
    for (let v = 0, i = 0; v < this._count; v++, i += 3) {
      const distance = Math.hypot(mine[i] - other[i], mine[i + 1] - other[i + 1], mine[i + 2] - other[i + 2]);
      error.array[v] = distance * this._side;
    }
    error.needsUpdate = true;
  }

  /** How large points are drawn, in pixels of the screen. */
  setPixels(size) {
    if (!this._solid) this._skin.size = size;
    if (this._heat) this._heat.uniforms.pixels.value = size;
  }

  /** Wear the colours of errors, or of skin. */
  wear(heat) {
    this.object.material = heat ? this._heat : this._skin;
  }
}

/** The colours of all vertices: skin, and what regions have their own. */
function painted({ vertices, paint }) {
  const colours = new Float32Array(vertices * 3);
  const skin = new Color(paint.skin);
  for (let v = 0; v < vertices; v++) skin.toArray(colours, v * 3);
  for (const [colour, members] of paint.regions) {
    const own = new Color(colour);
    for (const v of members) own.toArray(colours, v * 3);
  }
  return colours;
}
