import {type Context, createContext, Script} from 'node:vm';
import {stripText} from './python-strings.ts';

/** Milliseconds that a pattern may search a text. Ordinary ones need microseconds. */
const searchLimitMs = 250;
/** Characters below which a pattern with a single loop cannot take long. */
const shortText = 8_000;

/** `timeout`: the pattern was still searching when its time was over. */
export type CaptureSearch =
  | {readonly kind: 'found'; readonly text: string}
  | {readonly kind: 'none' | 'timeout'};

/**
 * What a pattern (global) says a text's answer is: of its last match the first capture that is not blank, else the whole match,
 * stripped. A search that could run away, as nested loops do on text made for it, is cut off after 250 ms.
 */
export function findCapture(pattern: RegExp, text: string): CaptureSearch {
  const match = mayRunAway(pattern, text) ? searchGuarded(pattern, text) : searchLast(pattern, text);
  if (match === 'timeout') return {kind: 'timeout'};
  if (match === undefined) return {kind: 'none'};
  const [whole, ...captures] = match;
  const captured = captures.find((capture) => capture !== undefined && stripText(capture) !== '');
  return {kind: 'found', text: stripText(captured ?? whole ?? '')};
}

type Captures = readonly (string | undefined)[];

function mayRunAway(pattern: RegExp, text: string): boolean {
  const bare = pattern.source.replaceAll(notQuantifiers, '');
  const loops = bare.match(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/g)?.length ?? 0;
  return loops > 1 || (loops === 1 && text.length > shortText);
}

// Group openings and escapes: the other places of question marks and braces in a translated pattern.
const notQuantifiers = /\(\?(?:[:=!]|<[=!]|<[^>]*>)|\\[pu]\{[^}]*\}|\\./g;

function searchLast(pattern: RegExp, text: string): Captures | undefined {
  let last: Captures | undefined;
  for (const match of text.matchAll(pattern)) last = match;
  return last;
}

// Only a script's time limit can stop a running search; it costs 0.1 ms, so the harmless searches go without.
const guarded = new Script('search()');
let context: Context | undefined;

function searchGuarded(pattern: RegExp, text: string): Captures | undefined | 'timeout' {
  context ??= createContext();
  context['search'] = () => searchLast(pattern, text);
  try {
    return guarded.runInContext(context, {timeout: searchLimitMs}) as Captures | undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'timeout';
    throw error;
  } finally {
    context['search'] = undefined;
  }
}
