import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** The folder this package is installed in: it holds `configs/`, `data/` and `package.json`. */
export const packageRoot: string = fileURLToPath(new URL('../..', import.meta.url));

/** The version of this installation, from its package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as {version: string}).version;
}
