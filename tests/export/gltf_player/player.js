// Plays a glTF file as three.js loads it; tests set the time and ask what is shown.
import {
  AnimationMixer,
  Box3,
  Color,
  DirectionalLight,
  HemisphereLight,
  PerspectiveCamera,
  Scene,
  Vector3,
  WebGLRenderer,
} from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

const ANGLE_DEG = 24;

window.play = async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  const gltf = await new GLTFLoader().parseAsync(bytes.buffer, "");
  const renderer = new WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
  renderer.setSize(window.innerWidth, window.innerHeight);
  document.body.append(renderer.domElement);
  const scene = new Scene();
  scene.background = new Color("#dfe3e8");
  scene.add(gltf.scene, new HemisphereLight("#ffffff", "#8a8078", 1.6));
  const light = new DirectionalLight("#ffffff", 2.2);
  light.position.set(-0.6, 0.8, 1);
  scene.add(light);
  const box = new Box3().setFromObject(gltf.scene);
  const [middle, size] = [box.getCenter(new Vector3()), box.getSize(new Vector3())];
  const away = (0.6 * Math.max(size.x, size.y)) / Math.tan((ANGLE_DEG / 2 / 180) * Math.PI) + size.z / 2;
  const aspect = window.innerWidth / window.innerHeight;
  const camera = new PerspectiveCamera(ANGLE_DEG, aspect, away / 100, away * 10);
  camera.position.copy(middle).add(new Vector3(0, 0, away));
  camera.lookAt(middle);

  let face;
  gltf.scene.traverse((one) => (face = one.isMesh || one.isPoints ? one : face));
  const mixer = new AnimationMixer(gltf.scene);
  const clip = gltf.animations[0];
  if (clip) mixer.clipAction(clip).play();
  const show = (seconds) => {
    mixer.setTime(seconds);
    renderer.render(scene, camera);
    return Array.from(face.morphTargetInfluences ?? []);
  };
  show(0);
  window.player = {
    show,
    turn: (degrees) => ((gltf.scene.rotation.y = (degrees / 180) * Math.PI), renderer.render(scene, camera)),
    duration: clip?.duration ?? 0,
    targets: Object.keys(face.morphTargetDictionary ?? {}),
    told: gltf.asset.extras,
    vertices: () => {
      const found = [];
      const one = new Vector3();
      for (let i = 0; i < face.geometry.attributes.position.count; i += 1) {
        face.getVertexPosition(i, one);
        found.push(one.x, one.y, one.z);
      }
      return found;
    },
  };
};
