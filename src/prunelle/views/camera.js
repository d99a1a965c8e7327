// The webcam, as one of the ways to show a network something.
import { button, element } from "./kit.js";
import { shaped } from "./maps.js";

// The webcam: one picture, or all as they come. It is off when another source is chosen.
export function filmed(look) {
  const { say } = look, video = element("video", { playsinline: true, "aria-label": say("camera_label") });
  const told = element("p", { class: "faint small", role: "status" }, say("camera_hint"));
  let stream = null, waiting;
  const snap = () => {
    // As large as the network can use, and no larger.
    const scale = Math.min(1, (2 * Math.max(...look.size)) / Math.min(video.videoWidth, video.videoHeight));
    const width = Math.round(video.videoWidth * scale), height = Math.round(video.videoHeight * scale);
    const pen = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
    pen.drawImage(video, 0, 0, width, height);
    const { data } = pen.getImageData(0, 0, width, height);
    return look.tell({ type: "picture", source: "canvas" }, [shaped(new Uint8Array(data.buffer), height, width, 4)]);
  };
  const film = (on) => {
    live.setAttribute("aria-pressed", on);
    clearTimeout(waiting);
    if (!on) return;
    snap();
    waiting = setTimeout(film, 100, true);
  };
  const ready = (on) => {
    start.disabled = on;
    live.disabled = shot.disabled = !on;
  };
  const left = () => {
    film(false);
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = video.srcObject = null;
    ready(false);
  };
  const start = button(say("camera_start"), async () => {
    try {
      // Not there in pages of another machine that are not encrypted.
      if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
      video.srcObject = stream = await navigator.mediaDevices.getUserMedia({ video: true });
      await video.play();
      ready(true);
    } catch (error) {
      left();
      told.textContent = say(error.name === "NotAllowedError" ? "camera_denied" : "camera_absent");
    }
  }, { class: "primary" });
  const shot = button(say("camera_snap"), snap);
  const live = button(say("camera_live"), () => film(live.getAttribute("aria-pressed") !== "true"));
  left();
  const tools = element("div", { class: "row" }, start, shot, live);
  return { node: element("div", { class: "look-camera" }, video, tools, told), left };
}
