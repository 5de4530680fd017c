import {closeMatches} from '../../core/close-match.ts';
import {writeExactJson} from '../../core/exact-json.ts';
import type {JsonObject, JsonValue} from '../../core/json.ts';
import {stripControls} from '../../runtime/logger.ts';
import type {RecordedRequest} from '../record/exchange-record.ts';
import {normalPath, normalQuery, type RequestIdentity, readJsonBody} from '../record/request-key.ts';
import {type Difference, differences} from './differences.ts';
import type {NamedRecord} from './load-records.ts';

const longestText = 1_000;
const longestValue = 60;
// Enough to tell the nearest of many; a miss must not take long.
const mostCandidates = 200;
const mostDifferences = 20;

/** Says that there is no record of a request, which record comes closest, and where that one differs first. */
export function describeMiss(asked: RequestIdentity, records: readonly NamedRecord[]): string {
  const text = `There is no record of this request, ${nameOf(asked)}. ${describeClosest(asked, records)}`;
  const printable = stripControls(text).replaceAll(/\s+/g, ' ');
  return printable.length <= longestText ? printable : `${printable.slice(0, longestText - 1)}…`;
}

function describeClosest(asked: RequestIdentity, records: readonly NamedRecord[]): string {
  const path = normalPath(asked.path);
  const candidates = records.filter(
    ({request}) => request.method === asked.method && normalPath(request.path) === path,
  );
  const shape = shapeOf(asked);
  let closest: {readonly name: string; readonly found: readonly Difference[]} | undefined;
  for (const {name, request} of candidates.slice(-mostCandidates)) {
    const found = firstDifferences(shapeOf(request), shape, closest?.found.length ?? mostDifferences);
    if (closest === undefined || found.length < closest.found.length) closest = {name, found};
  }
  if (closest === undefined) return describeOtherPaths(asked, records);
  const [first] = closest.found;
  const where = first === undefined ? 'its body' : describeDifference(first);
  return `The closest of the ${records.length} records, ${closest.name}, differs first in ${where}.`;
}

/** What of a request can differ where method and path do not: the query's parameters, then the body's members. */
function shapeOf({path, query, body}: RequestIdentity | RecordedRequest): JsonObject {
  const parameters = normalQuery(path, query).map(([name, value]): [string, string] => [`?${name}`, value]);
  return {...Object.fromEntries(parameters), body: readJsonBody(body) ?? body.toString('latin1')};
}

function firstDifferences(recorded: JsonObject, asked: JsonObject, most: number): readonly Difference[] {
  const found: Difference[] = [];
  for (const difference of differences(recorded, asked)) {
    found.push(difference);
    if (found.length >= most) break;
  }
  return found;
}

function describeDifference({path, recorded, asked}: Difference): string {
  const place = path
    .replace(/^\["\?(.*)"\]$/, "the query's $1")
    .replace(/^body\.(?=.)/, '')
    .replace(/^body(?=\[)/, '');
  const start = typeof recorded === 'string' && typeof asked === 'string' ? commonStart(recorded, asked) : 0;
  return `${place}: recorded ${print(recorded, start)}, asked for ${print(asked, start)}`;
}

function describeOtherPaths(asked: RequestIdentity, records: readonly NamedRecord[]): string {
  const names = new Set(records.map(({request}) => nameOf(request)));
  const near = closeMatches(nameOf(asked), names, 0);
  return `Nothing was recorded there. The nearest that was recorded: ${near.join(', ')}.`;
}

function nameOf({method, path}: RequestIdentity | RecordedRequest): string {
  return `${method} ${clip(path, 200)}`;
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/** A value in short; of a long text the part from a little before `start`. */
function print(value: JsonValue | undefined, start: number): string {
  if (value === undefined) return 'nothing';
  if (typeof value !== 'string') return clip(writeExactJson(value), longestValue);
  const from = start > longestValue / 2 ? start - longestValue / 4 : 0;
  return `${from > 0 ? '…' : ''}${JSON.stringify(clip(value.slice(from), longestValue))}`;
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}
