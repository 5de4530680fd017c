const normalQuantile = 1.959_963_984_540_054;
// Beyond it the series in 1/df is exact to nine digits, and quicker.
const exactUpTo = 200;

/**
 * The t with 95 % of Student's distribution between −t and t, for `degrees` of freedom (a whole number from 1 up).
 * Factors for whole degrees have a closed form (Abramowitz and Stegun 26.7.3, 26.7.4), so no library is needed for one quantile.
 */
export function studentT95(degrees: number): number {
  if (degrees > exactUpTo) return expandAroundNormal(degrees);
  let low = normalQuantile;
  let high = 13;
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (shareWithin(middle, degrees) < 0.95) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function shareWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let series = degrees === 1 ? 0 : term;
  for (let power = isOdd ? 3 : 2; power <= degrees - 2; power += 2) {
    term *= (cosine * cosine * (power - 1)) / power;
    series += term;
  }
  const part = Math.sin(angle) * series;
  return isOdd ? (2 / Math.PI) * (angle + part) : part;
}

function expandAroundNormal(degrees: number): number {
  const z = normalQuantile;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}
