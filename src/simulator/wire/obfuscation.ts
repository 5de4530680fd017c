/** Filler that brings a delta's frame to a multiple of sixteen, so that its size tells nothing. Drawn from the hash. */
export function obfuscation(hash: string, delta: string, position: number): string {
  const length = 16 - (delta.length % 16);
  const start = (position * 7) % (hash.length - 16);
  return hash.slice(start, start + length);
}
