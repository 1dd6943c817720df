// What the page holds: JSON, and large blocks in base64, most of them deflated (packing.py).

/** All but motion, faces and sound (scene.py). */
export function readAbout() {
  return JSON.parse(document.getElementById("about").textContent);
}

/** Triangles as numbers of points, three by three; none for a mere cloud of points. */
export async function readFaces() {
  return new Uint32Array((await inflated("faces")).buffer);
}

/** The colours of all points as they look: red, green, blue, 0 to 255. */
export function readSkin() {
  return inflated("skin");
}

/**
 * Motion as points of a grid, 0 to 65535: each frame's x of all points, then y, then z.
 * It is stored as differences from the frame before, folded to be positive, low bytes first.
 */
export async function readMotion(number, about) {
  const bytes = await inflated(`motion-${number}`);
  const count = bytes.length / 2;
  const row = about.points * 3;
  const codes = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const folded = bytes[i] | (bytes[count + i] << 8);
    const step = (folded >>> 1) ^ -(folded & 1);
    codes[i] = (i < row ? 0 : codes[i - row]) + step;
  }
  return codes;
}

/** The bytes of the recording, FLAC; null where there is none. */
export function readSound() {
  const block = document.getElementById("sound");
  return block && taken(block);
}

async function inflated(id) {
  const packed = new Blob([taken(document.getElementById(id))]);
  const plain = packed.stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

/** The bytes of a block, which is removed: it is read once, and may be large. */
function taken(block) {
  const text = atob(block.textContent.trim());
  block.remove();
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
