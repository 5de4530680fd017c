/** The options as numbers; fails on anything else. */
export function readOptions({kills, rows, seed}) {
  const options = {kills: Number(kills), rows: Number(rows), seed: Number(seed)};
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isSafeInteger(value) || value < (name === 'rows' ? 1 : 0))
      throw new Error(`--${name} takes a whole number`);
  }
  if (options.rows % 2 !== 0) throw new Error('--rows takes an even number: each row is collected twice');
  return options;
}
