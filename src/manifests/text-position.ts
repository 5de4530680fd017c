/** The offset of each line's first character. */
export function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
}

/** Line and column of an offset, both 1-based. */
export function positionAt(
  starts: readonly number[],
  offset: number,
): {readonly line: number; readonly column: number} {
  const line = starts.findLastIndex((start) => start <= offset);
  return {line: line + 1, column: offset - (starts[line] ?? 0) + 1};
}
