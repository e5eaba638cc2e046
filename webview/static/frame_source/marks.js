// The mark on a picture that does not show what the camera saw. It lies on the picture itself, so
// that it is there wherever the picture is.

/**
 * What is wrong with a picture: it is damaged, and `shown` is the frame that it is of. That is
 * another one's where the frame itself is lost, -1 where there is none.
 * @typedef {{shown: number}} Mark
 */

const AMBER = '#f2b13c';

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} frame
 * @param {Mark} mark
 */
export function drawMark(context, frame, mark) {
  const { width, height } = context.canvas;
  const unit = Math.max(2, Math.round(Math.min(width, height) / 120));
  context.save();
  if (mark.shown !== frame) {
    context.fillStyle = 'rgba(10, 12, 15, 0.55)';
    context.fillRect(0, 0, width, height);
  }
  context.strokeStyle = AMBER;
  context.lineWidth = unit;
  context.setLineDash([4 * unit, 3 * unit]);
  context.strokeRect(unit / 2, unit / 2, width - unit, height - unit);
  const text = mark.shown === frame ? 'damaged' : `frame ${frame}: no picture`;
  context.font = `600 ${7 * unit}px system-ui, sans-serif`;
  context.textBaseline = 'top';
  const wide = context.measureText(text).width;
  context.fillStyle = AMBER;
  context.fillRect(0, 0, wide + 6 * unit, 10 * unit);
  context.fillStyle = '#14171c';
  context.fillText(text, 3 * unit, 1.5 * unit);
  context.restore();
}

/** A sentence for the status line. @param {number} frame @param {Mark} mark */
export function describeMark(frame, mark) {
  if (mark.shown === frame) return `Frame ${frame} is damaged: the picture is what is left of it.`;
  return mark.shown < 0
    ? `Frame ${frame} is damaged, and nothing of it can be decoded.`
    : `Frame ${frame} is damaged and gives no picture: what is shown is frame ${mark.shown}.`;
}
