/** Where the video lies on the stage: css px = video px * scale + (x, y). Pure arithmetic. */

export const MAX_SCALE = 40;
const MARGIN_CSS_PX = 12;

/** @typedef {{scale: number, x: number, y: number}} View */

/** The whole picture, centred. @returns {View} */
export function fitView(video, stage) {
  const scale = Math.max(0.01, Math.min(
    (stage.width - 2 * MARGIN_CSS_PX) / video.width,
    (stage.height - 2 * MARGIN_CSS_PX) / video.height,
  ));
  return {
    scale,
    x: Math.round((stage.width - video.width * scale) / 2),
    y: Math.round((stage.height - video.height * scale) / 2),
  };
}

/** Zoom by `factor`, keeping what is under (x, y) in place. @returns {View} */
export function zoomAt(view, factor, x, y, minimum) {
  const scale = Math.min(MAX_SCALE, Math.max(minimum, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

/** Keep some of the picture on the stage. @returns {View} */
export function keepInSight(view, video, stage) {
  const reach = 80;
  const clamp = (at, size, room) => Math.min(room - reach, Math.max(reach - size, at));
  return {
    scale: view.scale,
    x: clamp(view.x, video.width * view.scale, stage.width),
    y: clamp(view.y, video.height * view.scale, stage.height),
  };
}

/** Centre a box of the video, zooming out if it would not fit. @returns {View} */
export function centreOn(view, box, stage) {
  const [x, y, width, height] = box;
  const scale = Math.min(view.scale, stage.width / (1.5 * width), stage.height / (1.5 * height));
  return {
    scale,
    x: stage.width / 2 - (x + width / 2) * scale,
    y: stage.height / 2 - (y + height / 2) * scale,
  };
}

export const toVideo = (view, x, y) => [(x - view.x) / view.scale, (y - view.y) / view.scale];
export const toStage = (view, x, y) => [x * view.scale + view.x, y * view.scale + view.y];
