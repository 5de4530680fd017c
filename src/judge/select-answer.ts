import {asJsonObject, asString, type JsonObject} from '../core/json.ts';
import type {Logger} from '../core/ports.ts';
import {findCapture} from './find-capture.ts';
import {translatePythonRegex} from './python-regex.ts';
import {codePointLength} from './python-strings.ts';

/** Which pattern a row's answers are looked through with, and what follows from the row having one of its own. */
export interface AnswerPattern {
  readonly pattern: RegExp | undefined;
  /** The row names a regex, and the settings say to use it. */
  readonly isPerRecord: boolean;
  /** The row's regex was left out, because the expected answer is too long to be quoted in full. */
  readonly isTooLong: boolean;
}

export interface AnswerPatternOptions {
  readonly responsePattern: RegExp | undefined;
  readonly usePerRecordRegex: boolean;
  readonly extractionLengthThreshold: number | null;
}

/** Finds answers in texts by pattern. A pattern that cannot be used means the full text, and one warning. */
export interface AnswerSelector {
  patternFor(row: JsonObject, expectedAnswer: string): AnswerPattern;
  /** The part of a text that a pattern finds, or the text if there is no pattern or no match. */
  select(text: string, pattern: RegExp | undefined): string;
}

// Rows share a few patterns; a file with one for each row must not fill the memory.
const maxCachedPatterns = 256;

export function createAnswerSelector(
  options: AnswerPatternOptions,
  logger: Logger | undefined,
): AnswerSelector {
  const translated = new Map<string, RegExp | undefined>();
  const warned = new Set<string>();
  const warnOnce = (source: string, problem: string): void => {
    if (warned.has(source) || warned.size >= maxCachedPatterns) return;
    warned.add(source);
    logger?.warn(`${problem}, so whole answers are judged: ${JSON.stringify(source.slice(0, 200))}`);
  };
  const translate = (source: string): RegExp | undefined => {
    if (translated.has(source)) return translated.get(source);
    const pattern = translatePythonRegex(source);
    if (pattern === undefined) warnOnce(source, 'a regular expression cannot be used');
    if (translated.size >= maxCachedPatterns) translated.clear();
    translated.set(source, pattern);
    return pattern;
  };
  return {
    patternFor(row, expectedAnswer) {
      const source = asString(asJsonObject(row['template_metadata'])?.['output_regex']) ?? '';
      if (!options.usePerRecordRegex || source === '') {
        return {pattern: options.responsePattern, isPerRecord: false, isTooLong: false};
      }
      const threshold = options.extractionLengthThreshold;
      const isTooLong = threshold !== null && codePointLength(expectedAnswer) > threshold;
      return {pattern: isTooLong ? undefined : translate(source), isPerRecord: true, isTooLong};
    },
    select(text, pattern) {
      if (pattern === undefined || text === '') return text;
      const search = findCapture(pattern, text);
      if (search.kind === 'timeout')
        warnOnce(pattern.source, 'a regular expression took too long on an answer');
      return search.kind === 'found' ? search.text : text;
    },
  };
}
