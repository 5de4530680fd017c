/** The bytes of a text, cut inside each of its characters that has several; in the middle where none has. */
export function tearText(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  const cuts: number[] = [];
  for (const [at, byte] of bytes.entries()) if (beginsLongCharacter(byte)) cuts.push(at + 1);
  if (cuts.length === 0) cuts.push(bytes.length >> 1);
  return [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index]));
}

function beginsLongCharacter(byte: number): boolean {
  return byte >= 0xc0;
}
