/**
 * The places of numbers in ascending order of the numbers, equal ones in their own order. Whole numbers, as indices are, are sorted
 * together with their places as one number each, in place and without a comparison in JavaScript.
 */
export function ascendingPlaces(count: number, at: (place: number) => number): Float64Array {
  const mostKey = Math.floor(Number.MAX_SAFE_INTEGER / Math.max(1, count)) - 1;
  const keys = new Float64Array(count);
  for (let place = 0; place < count; place++) {
    const value = at(place);
    if (!Number.isInteger(value) || value < 0 || value > mostKey) return comparedPlaces(keys, at);
    keys[place] = value * count + place;
  }
  keys.sort();
  for (let place = 0; place < count; place++) keys[place] = (keys[place] ?? 0) % count;
  return keys;
}

function comparedPlaces(places: Float64Array, at: (place: number) => number): Float64Array {
  for (let place = 0; place < places.length; place++) places[place] = place;
  return places.sort((a, b) => at(a) - at(b) || a - b);
}
