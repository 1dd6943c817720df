// A face: the vertices of one animation at one frame, in the colours of skin or of errors.

import {
  BufferAttribute, BufferGeometry, Color, DoubleSide, DynamicDrawUsage, Mesh, MeshStandardMaterial, Points,
  PointsMaterial, SRGBColorSpace,
} from "three";

import { heatMaterial, NO_ERROR } from "./heat.js";

export const POINT_PIXELS = 5;

export class Face {
  /**
   * @param about what the page shows
   * @param surface its triangles and the colours of its points; without triangles, the points are drawn
   * @param {Uint16Array} codes motion as points of the grid, see readMotion
   */
  constructor(about, { faces, skin }, codes) {
    this._codes = codes;
    this._count = about.points;
    this._measured = about.vertices;
    this._side = about.side;
    this._middle = about.box.map((size) => size / 2);
    this._geometry = new BufferGeometry();
    for (const [name, width] of [["position", 3], ["normal", 3], ["error", 1]]) {
      const attribute = new BufferAttribute(new Float32Array(this._count * width), width);
      this._geometry.setAttribute(name, attribute.setUsage(DynamicDrawUsage));
    }
    // The points of insides have no error, which the heat map shows as such.
    this._geometry.attributes.error.array.fill(NO_ERROR, this._measured);
    this._geometry.setAttribute("color", new BufferAttribute(linear(skin), 3));
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
    for (let v = 0, i = 0; v < this._measured; v++, i += 3) {
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

/** Colours as light, which is what is reckoned with: red, green, blue from 0 to 1. */
function linear(bytes) {
  const [found, colour] = [new Float32Array(bytes.length), new Color()];
  for (let i = 0; i < bytes.length; i += 3) {
    colour.setRGB(bytes[i] / 255, bytes[i + 1] / 255, bytes[i + 2] / 255, SRGBColorSpace).toArray(found, i);
  }
  return found;
}
