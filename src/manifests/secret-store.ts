import {closeMatch} from '../core/close-match.ts';
import type {Findings} from './findings.ts';
import {describeKeyFault} from './key-fault.ts';
import type {ObjectReader} from './object-reader.ts';
import type {Resource} from './resources.ts';
import {isPlaceholder, type SettledText} from './settle-text.ts';

/** The key of a Secret that holds a credential, unless a reference names another. */
export const authorizationKey = 'Authorization';

interface SecretReference {
  readonly namespace: string;
  readonly name: string;
  /** The key in it. */
  readonly key: string;
  /** Whether the reference could name another key (`secretRef.key`). */
  readonly canNameKey: boolean;
  /** Where the name stands, for what is wrong with it. */
  readonly at: {readonly reader: ObjectReader; readonly member: string};
}

interface ValueFault {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly isTold?: boolean | undefined;
}

/** A value of a Secret, or why there is none. */
interface SecretValue {
  readonly text: string;
  readonly fault?: ValueFault | undefined;
  /** Where it stands. */
  readonly holder: ObjectReader;
}

/** The Secrets of a set of documents. What is wrong with a value matters, and is told, when somebody refers to it. */
export class SecretStore {
  readonly #secrets = new Map<string, ReadonlyMap<string, SecretValue>>();
  readonly #used = new Set<string>();
  readonly #told = new Set<SecretValue>();
  readonly #findings: Findings;

  constructor(resources: readonly Resource[], findings: Findings) {
    this.#findings = findings;
    for (const {id, reader, role} of resources)
      if (role === 'secret') this.#secrets.set(id, readValues(reader));
    for (const values of this.#secrets.values()) {
      for (const [key, {text}] of values) {
        for (const secret of [text, settleKey(text, key)])
          if (!isPlaceholder(secret)) findings.addSecret(secret);
      }
    }
  }

  /** What people may learn about a Secret: its keys, never a value. */
  describe(id: string): string {
    const keys = [...(this.#secrets.get(id)?.keys() ?? [])];
    const what = keys.length === 0 ? 'nothing in it' : `key ${keys.join(', ')}`;
    return this.#used.has(id) ? what : `${what}; no backend refers to it`;
  }

  /** The credential that a reference means, trimmed and without `Bearer `; undefined after a complaint. */
  find({namespace, name, key, canNameKey, at}: SecretReference): string | undefined {
    const id = `${namespace}/${name}`;
    const values = this.#secrets.get(id);
    if (values === undefined) {
      this.#reportMissing(namespace, name, at);
      return undefined;
    }
    this.#used.add(id);
    const value = values.get(key);
    const text = value === undefined ? '' : settleKey(value.text, key);
    const fault: ValueFault | undefined = value?.fault ?? (text === '' ? undefined : describeKeyFault(text));
    if (value !== undefined && fault !== undefined) {
      if (!this.#told.has(value) && fault.isTold !== true)
        value.holder.problem(fault.message, {key, hint: fault.hint});
      this.#told.add(value);
      return undefined;
    }
    if (text !== '') return text;
    at.reader.problem(`Secret ${id} has no value under \`${key}\``, {
      key: at.member,
      hint: adviseOnKeys([...values.keys()], key, canNameKey),
    });
    return undefined;
  }

  #reportMissing(namespace: string, name: string, {reader, member}: SecretReference['at']): void {
    if (this.#findings.incomplete) return;
    const elsewhere = [...this.#secrets.keys()].find((id) => id.endsWith(`/${name}`));
    const here = [...this.#secrets.keys()]
      .filter((id) => id.startsWith(`${namespace}/`))
      .map((id) => id.slice(namespace.length + 1));
    const meant = closeMatch(name, here);
    const hint =
      elsewhere !== undefined
        ? `There is ${elsewhere}, but a backend reads Secrets of its own namespace only.`
        : meant !== undefined
          ? `Did you mean \`${meant}\`?`
          : 'Give the Secret in the same file, or with another -f.';
    reader.problem(`there is no Secret ${namespace}/${name}`, {key: member, hint});
  }
}

/** `stringData` wins over `data`, as the API server merges them. */
function readValues(reader: ObjectReader): ReadonlyMap<string, SecretValue> {
  reader.ignore('type', 'immutable');
  const encoded = reader.child('data');
  const plain = reader.child('stringData');
  encoded?.ignore(...encoded.keys);
  const plainValues = valuesOf(plain, readPlain);
  return new Map([
    ...valuesOf(encoded, (holder, key) => (plainValues.has(key) ? undefined : readEncoded(holder, key))),
    ...plainValues,
  ]);
}

function valuesOf(
  holder: ObjectReader | undefined,
  read: (holder: ObjectReader, key: string) => SecretValue | undefined,
): ReadonlyMap<string, SecretValue> {
  const values = new Map<string, SecretValue>();
  for (const key of holder?.keys ?? []) {
    const value = holder?.has(key) === true ? read(holder, key) : undefined;
    if (value !== undefined) values.set(key, value);
  }
  return values;
}

function readPlain(holder: ObjectReader, key: string): SecretValue {
  const {text = '', ...fault} = holder.attempt(key, {secret: true, expand: true});
  return {text, fault: asFault(fault), holder};
}

function asFault({message, hint, wrongType}: SettledText): SecretValue['fault'] {
  return message === undefined ? undefined : {message, hint, isTold: wrongType === true};
}

function readEncoded(holder: ObjectReader, key: string): SecretValue {
  const {text = '', ...fault} = holder.attempt(key, {secret: true});
  if (fault.message !== undefined) return {text, fault: asFault(fault), holder};
  const decoded = decode(text);
  if (decoded !== undefined) return {text: decoded, holder};
  return {
    text,
    fault: {
      message: 'is not a text in base64',
      hint: 'Put a plain value or a `$VARIABLE` under `stringData`; `data` is taken as it is and decoded.',
    },
    holder,
  };
}

/** As agentgateway reads it: `Bearer ` is taken off under `Authorization` only, in this spelling only. */
function settleKey(value: string, key: string): string {
  const text = value.trim();
  return key === authorizationKey ? text.replace(/^Bearer(?:\s|$)/, '').trim() : text;
}

function decode(base64: string): string | undefined {
  const compact = base64.replace(/\s/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined;
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(Buffer.from(compact, 'base64'));
  } catch {
    return undefined;
  }
}

function adviseOnKeys(keys: readonly string[], wanted: string, canNameKey: boolean): string {
  if (keys.includes(wanted)) return 'It is empty: put your API key there.';
  if (keys.length === 0) return `Put the key under \`stringData.${wanted}\`.`;
  const list = keys.map((key) => `\`${key}\``).join(', ');
  const [only = ''] = keys;
  const rename = `rename the one that holds the key to \`${wanted}\``;
  if (!canNameKey) return `It has ${list}: ${rename}.`;
  return `It has ${list}: ${rename}, or name it, as in \`secretRef.key: ${closeMatch(wanted, keys) ?? only}\`.`;
}
