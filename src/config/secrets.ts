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
  collect(node, {underSecretKey, isSecret: isSecretKey}, found);
  return found;
}

interface Place {
  readonly underSecretKey: boolean;
  /** Which names of a map's members name a credential. */
  readonly isSecret: IsSecret;
}

type IsSecret = (key: string) => boolean;

/** Below a secret key a map's values are looked at by their own keys; those of a query are a URL's parameters. */
function placeBelow(key: string, {isSecret}: Pick<Place, 'isSecret'>): Place {
  return {underSecretKey: isSecret(key), isSecret: key === 'default_query' ? isSecretParameter : isSecretKey};
}

function collect(node: ConfigNode, place: Place, found: Set<string>): void {
  const {underSecretKey} = place;
  if (node.kind === 'list') for (const item of node.items) collect(item, place, found);
  else if (node.kind === 'map') {
    for (const [key, child] of node.entries) collect(child, placeBelow(key, place), found);
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
  const maskEntries = (node: MapNode, place: Pick<Place, 'isSecret'>): JsonObject =>
    Object.fromEntries(
      [...node.entries].map(([key, child]) => [key, maskNode(child, placeBelow(key, place))]),
    );
  const maskNode = (node: ConfigNode, place: Place): JsonValue => {
    if (node.kind === 'map') return maskEntries(node, place);
    if (node.kind === 'list') return node.items.map((item) => maskNode(item, place));
    if (place.underSecretKey && node.value !== null && typeof node.value !== 'boolean') return mask;
    return typeof node.value === 'string' ? redact(node.value) : node.value;
  };
  return maskEntries(document, {isSecret: isSecretKey});
}
