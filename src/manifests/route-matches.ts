import type {RouteMatch, ValueMatch} from './gateway-config.ts';
import type {ObjectReader} from './object-reader.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const;
const pathTypes = ['Exact', 'PathPrefix', 'RegularExpression'] as const;
const valueTypes = ['Exact', 'RegularExpression'] as const;
const matchCount = {min: 0, max: 64};
const valueCount = {min: 0, max: 16};
// Gateway API's own rules for values of paths, and for names of headers and query parameters.
const pathValue = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+$/;
const valueName = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;
const everyPath: RouteMatch['path'] = {type: 'PathPrefix', value: '/'};

/** Reads a rule's `matches`; without any, the rule is for every path. */
export function readMatches(rule: ObjectReader): readonly RouteMatch[] {
  const readers = rule.children('matches', matchCount);
  if (readers.length === 0) return [{path: everyPath, method: undefined, headers: [], queryParams: []}];
  return readers.map((match) => ({
    path: readPath(match.child('path')),
    method: match.choice('method', methods),
    // Names of headers are the same in any case; those of query parameters are not.
    headers: readValues(match, 'headers').map((header) => ({...header, name: header.name.toLowerCase()})),
    queryParams: readValues(match, 'queryParams'),
  }));
}

function readPath(path: ObjectReader | undefined): RouteMatch['path'] {
  if (path === undefined) return everyPath;
  const type = path.choice('type', pathTypes) ?? everyPath.type;
  const value = path.text('value', {max: 1024}) ?? everyPath.value;
  if (type === 'RegularExpression') checkPattern(path, value);
  else if (!value.startsWith('/')) {
    path.problem('must begin with `/`', {key: 'value', hint: `Write \`/${value}\`.`});
  } else if (/\/\/|\/\.{1,2}(?:\/|$)|%2f|#/i.test(value)) {
    path.problem('must not hold `//`, `/./`, `/../`, `%2F` or `#`', {key: 'value'});
  } else if (value.includes('?')) {
    path.problem('must not hold a query', {key: 'value', hint: 'Match it with `queryParams`.'});
  } else if (!pathValue.test(value)) {
    path.problem('holds characters that no path has', {key: 'value', hint: 'Percent-encode them.'});
  }
  return {type, value};
}

function readValues(match: ObjectReader, member: 'headers' | 'queryParams'): readonly ValueMatch[] {
  const values = new Map<string, ValueMatch>();
  for (const item of match.children(member, valueCount)) {
    const type = item.choice('type', valueTypes) ?? 'Exact';
    const name = item.requiredText('name', {max: 256});
    const value = item.requiredText('value', {max: 4096});
    if (name === undefined || value === undefined) continue;
    if (!valueName.test(name)) item.problem('holds characters that no such name has', {key: 'name'});
    if (type === 'RegularExpression') checkPattern(item, value);
    const key = member === 'headers' ? name.toLowerCase() : name;
    // Gateway API: of entries with one name, only the first counts.
    if (values.has(key)) item.warn('stands there twice; the first one counts', {key: 'name'});
    else values.set(key, {type, name, value});
  }
  return [...values.values()];
}

/** Patterns are read as JavaScript's, with RE2's flags in front (`(?i)`) and named groups (`(?P<name>…)`). */
function checkPattern(reader: ObjectReader, pattern: string): void {
  if (/\\[AzQ]|\[\[:/.test(pattern)) {
    reader.problem('is a pattern that only RE2 knows', {
      key: 'value',
      hint: 'Write it without `\\A`, `\\z`, `\\Q` and `[[:…:]]`; it has to match the whole value anyway.',
    });
    return;
  }
  const [inFront = '', flags = ''] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  try {
    new RegExp(pattern.slice(inFront.length).replaceAll('(?P<', '(?<'), flags);
  } catch {
    reader.problem('is no regular expression', {
      key: 'value',
      hint: 'Close every bracket, and escape what stands for itself.',
    });
  }
}
