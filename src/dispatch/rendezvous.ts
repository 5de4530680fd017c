const offset = 2_166_136_261;
const prime = 16_777_619;

/**
 * How much a deployment is preferred for what shares a text: the highest score wins. Each text has an order of its own, in
 * which a deployment that goes or comes moves no other (rendezvous hashing); a weight of two wins twice as many texts.
 */
export function rendezvousScore(textHash: number, name: string, weight: number): number {
  const mixed = scatter(hashOf(name, textHash));
  return -weight / Math.log((mixed + 0.5) / 2 ** 32);
}

/** FNV-1a over UTF-16 code units. */
export function hashOf(text: string, seed: number = offset): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), prime);
  return hash >>> 0;
}

/** Texts that differ in their last letter must not get scores that are close (MurmurHash3's finaliser). */
function scatter(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85eb_ca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
