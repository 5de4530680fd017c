/** A straight line through points. */
export interface Trend {
  readonly at: (x: number) => number;
}

// The line changes little after these.
const rounds = 2;
// Standard errors that a slope must be away from none to be believed: else chance would be carried far beyond the points.
const believable = 2.5;

/** The line that fits weighted points best; a level one, at their mean, where the slope may as well be chance. */
export function fitTrend(xs: ArrayLike<number>, ys: ArrayLike<number>, weights: ArrayLike<number>): Trend {
  return fitLine(xs, ys, weights, {isTested: true});
}

function fitLine(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  weights: ArrayLike<number>,
  {isTested}: {readonly isTested: boolean},
): Trend {
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
  const slope = slopeOf(xs, ys, weights, {
    ...{meanX, meanY, points: (sums.w * sums.w) / sums.ww},
    isTested,
  });
  return {at: (x) => meanY + slope * (x - meanX)};
}

// However short the line says that some are, they tell no more than this times as much as the mean one.
const leastOfMean = 0.1;

/**
 * The same for points that scatter the more the higher they lie, as lengths of answers and times do: each counts by how far
 * off it is for its height. Else the few long ones would outvote the many.
 */
export function fitProportionalTrend(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  weights: ArrayLike<number>,
): Trend {
  let line = fitLine(xs, ys, weights, {isTested: false});
  const level = meanOf(ys, weights);
  const floor = leastOfMean * Math.max(0, level);
  if (floor === 0) return fitTrend(xs, ys, weights);
  const relative = Float64Array.from(weights);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < relative.length; i++)
      relative[i] = (weights[i] ?? 0) / Math.max(floor, line.at(xs[i] ?? 0)) ** 2;
    line = fitLine(xs, ys, relative, {isTested: false});
  }
  const tested = fitLine(xs, ys, relative, {isTested: true});
  return tested.at(0) === tested.at(1) ? {at: () => level} : tested;
}

function meanOf(ys: ArrayLike<number>, weights: ArrayLike<number>): number {
  let [w, y] = [0, 0];
  for (let i = 0; i < ys.length; i++) {
    w += weights[i] ?? 0;
    y += (weights[i] ?? 0) * (ys[i] ?? 0);
  }
  return w === 0 ? 0 : y / w;
}

interface SlopeOptions {
  readonly meanX: number;
  readonly meanY: number;
  readonly points: number;
  /** Whether a slope that may as well be chance is taken for none. */
  readonly isTested: boolean;
}

function slopeOf(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  weights: ArrayLike<number>,
  {meanX, meanY, points, isTested}: SlopeOptions,
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
  if (!isTested) return slope;
  const variance = Math.max(0, yy - slope * xy) / w / (points - 2);
  const error = Math.sqrt((variance * w) / xx);
  return Math.abs(slope) > believable * error ? slope : 0;
}
