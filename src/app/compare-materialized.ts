import {isDeepStrictEqual} from 'node:util';
import {type Batches, itemsOf} from '../core/batches.ts';
import type {Problem} from '../core/errors.ts';
import type {JsonObject, JsonValue} from '../core/json.ts';
import type {MaterializedRow} from '../dataset/materialize-rows.ts';
import {readMaterialized} from '../dataset/read-materialized.ts';

/** So many rows that differ are named. */
const mostProblems = 5;
const longestValue = 120;

/**
 * In what the materialised rows of a file, ours or NeMo Gym's, differ from those that are wanted: in their order, whatever the order of
 * their keys. Fails with `ERR_STORE_READ` where the file holds something else.
 */
export async function compareMaterialized(
  path: string,
  wanted: Batches<MaterializedRow>,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const [before, after] = [itemsOf(readMaterialized(path)), itemsOf(wanted)];
  try {
    for (let line = 1; problems.length < mostProblems; line++) {
      const [was, is] = [await before.next(), await after.next()];
      if (was.done === true && is.done === true) break;
      if (was.done === true || is.done === true) {
        problems.push({
          file: path,
          line,
          message:
            was.done === true ? 'ends here; more rows are wanted now' : 'has a row more than is wanted now',
        });
        break;
      }
      problems.push(
        ...differencesOf(was.value.row, JSON.parse(is.value.text) as JsonObject, {file: path, line}),
      );
    }
  } finally {
    await before.return(undefined);
    await after.return(undefined);
  }
  return problems;
}

/** Numbers are compared as numbers: `1` and `1.0` are the same. */
function differencesOf(
  was: JsonObject,
  is: JsonObject,
  place: Pick<Problem, 'file' | 'line'>,
): readonly Problem[] {
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  const before = JSON.parse(JSON.stringify(was)) as JsonObject;
  return [...keys]
    .filter((key) => !isDeepStrictEqual(before[key], is[key]))
    .map((key) => ({...place, path: key, message: `was ${shown(before[key])}, is ${shown(is[key])}`}));
}

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'not set';
  const text = JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
