import type {Problem} from '../core/errors.ts';
import {type ConfigNode, type Origin, reportedNode} from './config-node.ts';
import type {ListExtension} from './override-functions.ts';
import {OverrideSyntaxError} from './override-syntax-error.ts';
import {parseOverrideValue} from './override-value.ts';
import {isSecretKey} from './secret-key.ts';

/** One bare word of the command line, `+a.b=c`, read by Hydra's grammar. */
export interface Override {
  readonly operation: 'add' | 'set' | 'change' | 'delete';
  readonly path: readonly string[];
  /** Undefined for `~key`. */
  readonly value: ConfigNode | ListExtension | undefined;
  readonly origin: Origin;
}

const operations: Readonly<Record<string, Override['operation']>> = {
  '+': 'add',
  '++': 'set',
  '~': 'delete',
  '': 'change',
};
const segment = /^(?:[A-Za-z_$][\w$-]*|\d+)$/;

/**
 * Parses one override. What is wrong with it goes to `report`; an override whose key could be read comes back all the
 * same, with a value that later checks keep silent about.
 */
export function parseOverride(word: string, report: (problem: Problem) => void): Override | undefined {
  const [, sign = '', key = '', assigned, text = ''] = /^(\+\+|\+|~)?([^=]*)(=([\s\S]*))?$/.exec(word) ?? [];
  const operation = operations[sign] ?? 'change';
  const path = key.trim().split('.');
  const origin: Origin = {file: `override "${maskedWord(word, sign + key, text)}"`};
  const refusal =
    assigned === undefined && operation !== 'delete' ? notAnOverride : describeBadKey(key, path);
  if (refusal !== undefined) {
    report({...refusal, file: origin.file});
    return undefined;
  }
  const value =
    assigned === undefined ? undefined : parseValue(text, {key: key.trim(), sign, origin}, report);
  return {operation, path, value, origin};
}

const notAnOverride: Problem = {
  message: 'not an override: there is no `=` in it',
  hint: 'Write `+key=value`; an option begins with `--`.',
};

function describeBadKey(key: string, path: readonly string[]): Problem | undefined {
  if (/[@/]/.test(key)) {
    return {
      message: 'config groups are not supported',
      hint: 'Name a file with `+config_paths=[file.yaml]`.',
    };
  }
  if (path.every((name) => segment.test(name))) return undefined;
  return {
    message: `\`${key}\` is not a key`,
    hint: 'A key is names joined by dots; a name begins with a letter, `_` or `$` and goes on with letters, digits, `_`, `-` or `$`.',
  };
}

interface ValueContext {
  readonly key: string;
  readonly sign: string;
  readonly origin: Origin;
}

function parseValue(
  text: string,
  {key, sign, origin}: ValueContext,
  report: (problem: Problem) => void,
): ConfigNode | ListExtension {
  try {
    return parseOverrideValue(text, origin);
  } catch (error) {
    if (!(error instanceof OverrideSyntaxError)) throw error;
    report({
      message: error.message,
      file: origin.file,
      path: key,
      hint: `To take the value as it is, quote it inside the shell's quotes: ${quotedForm(text, sign + key)}`,
    });
    return reportedNode(origin);
  }
}

function quotedForm(text: string, signedKey: string): string {
  const value = mayHoldSecret(signedKey, text) ? '<value>' : text;
  return value.includes("'") ? `'${signedKey}="<value>"'` : `"${signedKey}='${value}'"`;
}

function maskedWord(word: string, signedKey: string, text: string): string {
  return mayHoldSecret(signedKey, text) ? `${signedKey}=****` : word;
}

// An override that cannot be parsed cannot be searched for credentials either: a name of one in its text is enough.
function mayHoldSecret(signedKey: string, text: string): boolean {
  if (signedKey.split(/[.+~]/).some(isSecretKey)) return true;
  return (
    /\bbearer\s/i.test(text) ||
    [...text.matchAll(/([\w$-]+)['"]?\s*[:=]/g)].some(([, name = '']) => isSecretKey(name))
  );
}
