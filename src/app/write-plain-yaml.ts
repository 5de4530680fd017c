import {Document, visit} from 'yaml';
import type {JsonObject} from '../core/json.ts';

/**
 * An object as YAML 1.1 that PyYAML, and NeMo Gym with it, types as we do: what could be read as anything but its own text
 * stands between double quotes, and what is no printable ASCII is escaped there, for PyYAML breaks lines at some of it and
 * refuses some.
 */
export function writePlainYaml(object: JsonObject): string {
  const document = new Document(object, {version: '1.1', merge: false, aliasDuplicateObjects: false});
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && !plain.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({lineWidth: 0, doubleQuotedAsJSON: true}).replace(/[^\n -~]/gu, escape);
}

// Words, paths, URLs and addresses; of these the writer quotes `yes`, `null` and the like by itself.
const plain = /^(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[A-Za-z/]|\.{1,2}\/)[\w./:@+-]*(?: [\w./:@+-]+)*)$/;

function escape(character: string): string {
  const digits = (character.codePointAt(0) ?? 0).toString(16);
  return digits.length > 4 ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`;
}
