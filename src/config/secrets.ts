import type {JsonObject, JsonValue} from '../core/json.ts';
import {createRedactor} from '../core/redact.ts';
import {type ConfigNode, interpolationText, isMissing, type MapNode} from './config-node.ts';
import {isSecretKey, isSecretParameter} from './secret-key.ts';

const mask = '****';

/**
 * Every credential in a tree: what stands under a key that names one, bearer tokens in any text, and passwords, keys
 * and signatures in URLs.
 */
export function collectSecrets(node: ConfigNode, underSecretKey = false): ReadonlySet<string> {
  const found = new Set<string>();
  collect(node, underSecretKey, found);
  return found;
}

function collect(node: ConfigNode, underSecretKey: boolean, found: Set<string>): void {
  if (node.kind === 'list') for (const item of node.items) collect(item, underSecretKey, found);
  else if (node.kind === 'map') {
    // Below a secret key a map's values are looked at by their own keys.
    for (const [key, child] of node.entries) collect(child, isSecretKey(key), found);
  } else if (node.value !== null && typeof node.value !== 'boolean' && !isMissing(node)) {
    const whole =
      underSecretKey && interpolationText(node) === undefined ? [node.text, String(node.value)] : [];
    for (const secret of [...whole, ...secretsInText(node.text)]) addTrimmed(secret, found);
  }
}

function addTrimmed(secret: string, found: Set<string>): void {
  if (secret.trim() !== '') found.add(secret.trim());
}

function secretsInText(text: string): readonly string[] {
  const scheme = /^\s*(?:bearer|basic)\s+(\S+)\s*$/i.exec(text)?.[1];
  const secrets = scheme === undefined ? [] : [scheme];
  if (/:\/\//.test(text)) secrets.push(...secretsInUrl(text));
  return secrets.filter((secret) => !secret.includes('${'));
}

function secretsInUrl(text: string): readonly string[] {
  const password = /:\/\/[^/?#@\s]*?:([^/?#\s]+)@/.exec(text)?.[1];
  const parameters = [...text.matchAll(/[?&]([^=&#\s]+)=([^&#\s]+)/g)];
  const values = parameters.flatMap(([, name = '', value = '']) => (isSecretParameter(name) ? [value] : []));
  return [...(password === undefined ? [] : [password]), ...values].flatMap((value) => [
    value,
    decoded(value),
  ]);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The document with every credential replaced by `****`: by key, and by value wherever one appears in a text. */
export function maskDocument(document: MapNode, secrets: Iterable<string>): JsonObject {
  const {redact} = createRedactor(secrets);
  const maskEntries = (node: MapNode): JsonObject =>
    Object.fromEntries([...node.entries].map(([key, child]) => [key, maskNode(child, isSecretKey(key))]));
  const maskNode = (node: ConfigNode, secret: boolean): JsonValue => {
    if (node.kind === 'map') return maskEntries(node);
    if (node.kind === 'list') return node.items.map((item) => maskNode(item, secret));
    if (secret && node.value !== null && typeof node.value !== 'boolean') return mask;
    return typeof node.value === 'string' ? redact(node.value) : node.value;
  };
  return maskEntries(document);
}
