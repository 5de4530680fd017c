/** A straight line through points. */
export interface Trend {
  readonly at: (x: number) => number;
}

// Standard errors that a slope must be away from none to be believed: else chance would be carried far beyond the points.
const believable = 2.5;

/** The line that fits weighted points best; a level one, at their mean, where the slope may as well be chance. */
export function fitTrend(xs: ArrayLike<number>, ys: ArrayLike<number>, weights: ArrayLike<number>): Trend {
  const sums = {w: 0, ww: 0, x: 0, y: 0};
  for (let i = 0; i < xs.length; i++) {
    const w = weights[i] ?? 0;
    sums.w += w;
    sums.ww += w * w;
    sums.x += w * (xs[i] ?? 0);
    sums.y += w * (ys[i] ?? 0);
  }
  if (sums.w === 0) return {at: () => 0};
  const meanX = sums.x / sums.w;
  const meanY = sums.y / sums.w;
  const slope = slopeOf(xs, ys, weights, {meanX, meanY, points: (sums.w * sums.w) / sums.ww});
  return {at: (x) => meanY + slope * (x - meanX)};
}

function slopeOf(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  weights: ArrayLike<number>,
  {meanX, meanY, points}: {readonly meanX: number; readonly meanY: number; readonly points: number},
): number {
  let xx = 0;
  let xy = 0;
  let yy = 0;
  let w = 0;
  for (let i = 0; i < xs.length; i++) {
    const weight = weights[i] ?? 0;
    const dx = (xs[i] ?? 0) - meanX;
    const dy = (ys[i] ?? 0) - meanY;
    xx += weight * dx * dx;
    xy += weight * dx * dy;
    yy += weight * dy * dy;
    w += weight;
  }
  if (xx === 0 || points <= 2) return 0;
  const slope = xy / xx;
  const variance = Math.max(0, yy - slope * xy) / w / (points - 2);
  const error = Math.sqrt((variance * w) / xx);
  return Math.abs(slope) > believable * error ? slope : 0;
}
