// Errors as colours on a face.

import { ClampToEdgeWrapping, DataTexture, DoubleSide, LinearFilter, ShaderMaterial } from "three";

/** The error of a point that has none. */
export const NO_ERROR = -1;

const VERTEX = `
  attribute float error;
  uniform float scale;
  uniform float pixels;
  varying float place;
  varying vec3 facing;
  varying vec3 seen;
  void main() {
    vec4 at = modelViewMatrix * vec4(position, 1.0);
    place = error < 0.0 ? -1.0 : min(error / scale, 1.0);
    facing = normalMatrix * normal;
    seen = -at.xyz;
    gl_Position = projectionMatrix * at;
    gl_PointSize = pixels;
  }`;

// A little shade tells the shape; it must leave a colour what it means, so that it is held light and without hue.
const FRAGMENT = `
  uniform sampler2D colours;
  uniform float solid;
  varying float place;
  varying vec3 facing;
  varying vec3 seen;
  void main() {
    // At the rim of a triangle place is extrapolated, and may be a little under nought where there is no error.
    vec3 known = texture2D(colours, vec2((place * 255.0 + 0.5) / 256.0, 0.5)).rgb;
    vec3 colour = place < -0.5 ? vec3(0.36, 0.38, 0.40) : known;
    float front = mix(1.0, abs(dot(normalize(facing + 1e-9), normalize(seen))), solid);
    float light = mix(1.0, max(dot(normalize(facing + 1e-9), normalize(vec3(-0.4, 0.6, 0.8))), 0.0), solid);
    gl_FragColor = vec4(colour * mix(0.62, 1.0, front) + vec3(0.12) * light * light * (1.0 - colour), 1.0);
  }`;

/** The material of a face that shows the attribute `error`, from nought to a scale. */
export function heatMaterial(errors, solid) {
  const bytes = new Uint8Array(errors.colours.flatMap((colour) => [...colour, 255]));
  const colours = new DataTexture(bytes, errors.colours.length, 1);
  colours.minFilter = colours.magFilter = LinearFilter;
  colours.wrapS = colours.wrapT = ClampToEdgeWrapping;
  colours.needsUpdate = true;
  return new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    side: DoubleSide,
    uniforms: {
      colours: { value: colours },
      scale: { value: errors.scale },
      pixels: { value: 1 },
      solid: { value: solid ? 1 : 0 },
    },
  });
}

/** The colours as CSS paints them, from left to right. */
export function gradient(errors) {
  const stops = errors.colours.filter((_, n) => n % 15 === 0).map((colour) => `rgb(${colour.join(",")})`);
  return `linear-gradient(to right,${stops.join(",")})`;
}
