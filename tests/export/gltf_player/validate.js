// Prints what the Khronos validator says of glTF files, one line of JSON for each.
import { readFileSync } from "node:fs";

import { validateBytes } from "gltf-validator";

for (const path of process.argv.slice(2)) {
  console.log(JSON.stringify(await validateBytes(new Uint8Array(readFileSync(path)))));
}
