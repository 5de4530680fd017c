import {type AuthSurroundings, keyAuth, passthroughAuth, type ReadAuth, readInlineKey} from './key-auth.ts';
import {apiKeyHeader, readAuthHeader} from './key-location.ts';
import type {ObjectReader} from './object-reader.ts';
import {authorizationKey} from './secret-store.ts';

const members = {SecretRef: 'secretRef', Inline: 'inline'} as const;

/** Reads kgateway's `authToken`, which is required there; `header` is the provider's `authHeader`, if it has one. */
export function readAuthToken(
  block: ObjectReader,
  header: ObjectReader | undefined,
  surroundings: AuthSurroundings,
): ReadAuth | undefined {
  const location = header === undefined ? apiKeyHeader : readAuthHeader(header);
  const token = block.requiredChild('authToken');
  const kind = token === undefined ? undefined : readKind(token);
  if (token === undefined || kind === undefined) return undefined;
  if (kind === 'Passthrough') {
    header?.warn("is not applied: the client's `Authorization` is sent on as it is");
    return passthroughAuth;
  }
  const member = members[kind];
  if (!token.has(member)) {
    token.problem(`\`kind: ${kind}\` needs \`${member}\``);
    return undefined;
  }
  if (kind === 'Inline') return keyAuth(readInlineKey(token, member), location, 'inline key');
  const reference = token.child(member);
  const name = reference?.requiredText('name', {expand: true});
  if (reference === undefined || name === undefined) return undefined;
  const {namespace, secrets} = surroundings;
  const at = {reader: reference, member: 'name'};
  const key = secrets.find({namespace, name, key: authorizationKey, canNameKey: false, at});
  return keyAuth(key, location, `key from secret ${namespace}/${name}`);
}

/** `kind` says which member there is; kgateway itself does not look. Where it is wrong, the member says what was meant. */
function readKind(token: ObjectReader): 'SecretRef' | 'Inline' | 'Passthrough' | undefined {
  token.require('kind');
  const kind = token.choice('kind', ['SecretRef', 'Inline', 'Passthrough']);
  if (kind === undefined) {
    return token.has('secretRef') ? 'SecretRef' : token.has('inline') ? 'Inline' : undefined;
  }
  for (const [owner, member] of Object.entries(members)) {
    if (kind !== owner && token.has(member)) {
      token.problem(`does not go with \`kind: ${kind}\``, {key: member});
    }
  }
  token.ignore(...Object.values(members));
  return kind;
}
