import type {ScalarValue} from './config-node.ts';

const booleans = /^(?:(yes|Yes|YES|true|True|TRUE|on|On|ON)|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const nulls = /^(?:~|null|Null|NULL)?$/;
const binary = /^[-+]?0b[01_]+$/;
const octal = /^[-+]?0[0-7_]+$/;
const decimal = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const hexadecimal = /^[-+]?0x[0-9a-fA-F_]+$/;
const sexagesimal = /^[-+]?(?:[1-9][0-9_]*(?::[0-5]?[0-9])+|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)$/;
const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const infinity = /^[-+]?\.(?:inf|Inf|INF)$/;
const notANumber = /^\.(?:nan|NaN|NAN)$/;

/**
 * The value of an unquoted YAML scalar as NeMo Gym's users know it: YAML 1.1 as PyYAML reads it (`yes`, `017`, `12:30`),
 * with OmegaConf's wider floats (`1e3`) and without timestamps, so that `2024-10-21` is a string.
 */
export function typePlainScalar(text: string): ScalarValue {
  if (nulls.test(text)) return null;
  const boolean = booleans.exec(text);
  if (boolean !== null) return boolean[1] !== undefined;
  return typeNumber(text) ?? text;
}

function typeNumber(text: string): number | undefined {
  const digits = text.replaceAll('_', '');
  if (binary.test(text)) return parseInteger(digits, 'b', 2);
  if (octal.test(text)) return parseInteger(digits, '0', 8);
  if (hexadecimal.test(text)) return parseInteger(digits, 'x', 16);
  if (decimal.test(text) || float.test(text)) return Number(digits);
  if (sexagesimal.test(text)) return parseSexagesimal(digits);
  if (infinity.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return notANumber.test(text) ? Number.NaN : undefined;
}

/** `undefined` when only underscores follow the prefix, as in `0x_`: no number after all. */
function parseInteger(digits: string, prefix: string, radix: number): number | undefined {
  const value = Number.parseInt(digits.slice(digits.indexOf(prefix) + 1), radix);
  if (Number.isNaN(value)) return undefined;
  return digits.startsWith('-') ? -value : value;
}

function parseSexagesimal(digits: string): number {
  const value = digits
    .replace(/^[-+]/, '')
    .split(':')
    .reduce((total, part) => total * 60 + Number(part), 0);
  return digits.startsWith('-') ? -value : value;
}
