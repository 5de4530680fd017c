import {readFile, stat} from 'node:fs/promises';

/**
 * Reads a file that grows: `next` gives the records of the lines that became whole since it was last asked, and says into
 * `problems` when what was whole has changed.
 */
export function readAppended(path) {
  let known = Buffer.alloc(0);
  let lineBytes = 3000;
  return {
    /** How many lines have come since `next` was last asked, by the length of those before. */
    async linesNow() {
      const {size} = await stat(path).catch(() => ({size: 0}));
      return (size - known.length) / lineBytes;
    },
    async next(problems) {
      const bytes = await readFile(path).catch(() => Buffer.alloc(0));
      if (!bytes.subarray(0, known.length).equals(known))
        problems.push(`whole lines of ${path} have changed`);
      const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
      const appended = whole.subarray(known.length).toString().split('\n').slice(0, -1);
      known = whole;
      if (appended.length > 0)
        lineBytes = appended.reduce((sum, {length}) => sum + length, 0) / appended.length;
      return appended.flatMap((line) => parseRecord(line, path, problems));
    },
  };
}

function parseRecord(line, path, problems) {
  try {
    return [JSON.parse(line)];
  } catch {
    problems.push(`a line of ${path} is no JSON: ${line.slice(0, 80)}`);
    return [];
  }
}
