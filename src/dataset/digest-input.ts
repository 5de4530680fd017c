import {createHash} from 'node:crypto';
import type {InputSource} from '../runtime/input-source.ts';
import {readRows} from './read-rows.ts';

/** The digest that a survey has of an input (`Survey.inputDigest`), of at most `limit` rows (0: all), without looking into them. */
export async function digestInput(source: InputSource, limit: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const rows of readRows(source, limit)) {
    for (const {bytes} of rows) hash.update(bytes).update('\n');
  }
  return hash.digest('hex');
}
