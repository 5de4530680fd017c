import type {JsonObject, JsonValue} from '../../core/json.ts';

const longestRow = 100;
const mostScalars = 3;

/**
 * JSON to be read and compared by people: what is short stands on one line, and so do lists of numbers and small objects
 * of plain values (a message, a chunk) however long they are; several objects of a list have a line each. Characters that a terminal would act upon are escaped.
 */
export function formatJson(value: JsonValue | undefined, indent = ''): string {
  if (typeof value !== 'object' || value === null) return scalar(value ?? null);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const entries = value as readonly JsonValue[];
    const items = entries.map((entry) => formatJson(entry, inner));
    const isRow = entries.every((entry) => typeof entry === 'number');
    const isColumn = entries.length > 1 && entries.some(isContainer);
    return join(items, {open: '[', close: ']', indent, isRow, isColumn});
  }
  const members = Object.entries(value as JsonObject).filter(([, member]) => member !== undefined);
  const items = members.map(([key, member]) => `${scalar(key)}: ${formatJson(member, inner)}`);
  const isRow = members.length <= mostScalars && members.every(([, member]) => !isContainer(member));
  return join(items, {open: '{', close: '}', indent, isRow, isColumn: false});
}

interface Joint {
  readonly open: string;
  readonly close: string;
  readonly indent: string;
  /** Stands on one line, whatever its length. */
  readonly isRow: boolean;
  /** Stands on a line an item, however short. */
  readonly isColumn: boolean;
}

function join(items: readonly string[], {open, close, indent, isRow, isColumn}: Joint): string {
  if (isRow || (!isColumn && isShort(items))) return open + items.join(', ') + close;
  return `${open}\n${indent}  ${items.join(`,\n${indent}  `)}\n${indent}${close}`;
}

function isShort(items: readonly string[]): boolean {
  let length = 0;
  for (const item of items) {
    length += item.length;
    if (length > longestRow || item.includes('\n')) return false;
  }
  return true;
}

function isContainer(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null;
}

function scalar(value: JsonValue): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
