import type {ProviderAuth} from './gateway-config.ts';
import {describeKeyFault} from './key-fault.ts';
import type {ObjectReader} from './object-reader.ts';
import {authorizationKey, type SecretStore} from './secret-store.ts';

/** How calls to a provider prove who they are, with a word on where that comes from. */
export interface ReadAuth {
  readonly auth: ProviderAuth;
  /** `key from secret default/azure-openai-secret`: for people, without the key. */
  readonly about: string;
}

/** How a key is sent. */
interface KeyLocation {
  readonly header: string;
  readonly prefix: string;
}

export interface AuthSurroundings {
  /** The backend's own: its Secrets are there. */
  readonly namespace: string;
  readonly secrets: SecretStore;
}

const apiKey: KeyLocation = {header: 'api-key', prefix: ''};
const hopHeaders = new Set([
  ...[
    'host',
    'connection',
    'content-length',
    'content-type',
    'transfer-encoding',
    'upgrade',
    'te',
    'trailer',
  ],
  ...['keep-alive', 'expect', 'accept-encoding'],
]);
const keyMax = 2048;

/** Reads kgateway's `authToken`, which is required there; `header` is the provider's `authHeader`, if it has one. */
export function readAuthToken(
  block: ObjectReader,
  header: ObjectReader | undefined,
  {namespace, secrets}: AuthSurroundings,
): ReadAuth | undefined {
  const location = header === undefined ? apiKey : readLocation(header, 'headerName');
  const token = block.requiredChild('authToken');
  if (token === undefined) return undefined;
  if (!token.has('kind')) token.requiredText('kind');
  const kind = token.choice('kind', ['SecretRef', 'Inline', 'Passthrough']);
  const members = {SecretRef: 'secretRef', Inline: 'inline', Passthrough: undefined} as const;
  const wanted = kind === undefined ? undefined : members[kind];
  for (const member of ['secretRef', 'inline'] as const) {
    if (kind !== undefined && member !== wanted && token.has(member)) {
      token.problem(`does not go with \`kind: ${kind}\``, {key: member});
    }
  }
  if (kind === 'Passthrough') {
    header?.warn("is not applied: the client's `Authorization` is sent on as it is");
    return {auth: {kind: 'passthrough'}, about: "the client's Authorization"};
  }
  if (wanted === undefined) return undefined;
  if (!token.has(wanted)) {
    token.problem(`\`kind: ${kind}\` needs \`${wanted}\``);
    return undefined;
  }
  if (wanted === 'inline') return keyAuth(readInlineKey(token, 'inline'), location, 'inline key');
  const reference = token.child('secretRef');
  const name = reference?.requiredText('name', {expand: true});
  if (reference === undefined || name === undefined) return undefined;
  const at = {reader: reference, member: 'name'};
  const key = secrets.find({namespace, name, key: authorizationKey, canNameKey: false, at});
  return keyAuth(key, location, `key from secret ${namespace}/${name}`);
}

const kindsOfAuth = ['key', 'secretRef', 'passthrough', 'azure'] as const;
const foreignAuth = ['aws', 'gcp', 'oauthTokenExchange', 'crossAppAccess', 'jwtSign', 'credentials'];

/** Reads agentgateway's `policies.auth`; without it, calls are made as Microsoft Entra ID knows this machine. */
export function readPoliciesAuth(
  auth: ObjectReader | undefined,
  surroundings: AuthSurroundings,
): ReadAuth | undefined {
  if (auth === undefined) return entra;
  auth.notSupported(foreignAuth, 'Give a key, or take it out to sign in with Microsoft Entra ID.');
  if (foreignAuth.some((key) => auth.has(key)) && !kindsOfAuth.some((key) => auth.has(key))) return undefined;
  const kind = auth.exactlyOne(kindsOfAuth);
  const locationReader = auth.child('location');
  const location = locationReader === undefined ? apiKey : readPolicyLocation(locationReader);
  switch (kind) {
    case undefined:
      return undefined;
    case 'key':
      return keyAuth(readInlineKey(auth, 'key'), location, 'inline key');
    case 'secretRef':
      return readSecretRef(auth, location, surroundings);
    case 'passthrough':
      auth.child('passthrough');
      auth.notSupported(['location'], "The client's `Authorization` is sent on as it is.");
      return {auth: {kind: 'passthrough'}, about: "the client's Authorization"};
    case 'azure':
      auth.notSupported(['location'], 'Tokens of Microsoft Entra ID are sent as `Authorization`.');
      return readEntra(auth);
  }
}

const entra: ReadAuth = {auth: {kind: 'entra'}, about: 'Microsoft Entra ID'};

function readSecretRef(
  auth: ObjectReader,
  location: KeyLocation | undefined,
  {namespace, secrets}: AuthSurroundings,
): ReadAuth | undefined {
  const reference = auth.child('secretRef');
  const name = reference?.requiredText('name', {expand: true});
  const group = reference?.text('group', {allowEmpty: true}) ?? '';
  const kind = reference?.text('kind') ?? 'Secret';
  if (reference === undefined || name === undefined) return undefined;
  if (kind !== 'Secret' || group !== '') {
    reference.problem('only Secrets are supported', {key: kind === 'Secret' ? 'group' : 'kind'});
    return undefined;
  }
  const named = reference.text('key');
  const key = named ?? authorizationKey;
  const at = {reader: reference, member: named === undefined ? 'name' : 'key'};
  const value = secrets.find({namespace, name, key, canNameKey: true, at});
  const what = named === undefined ? 'key' : `\`${named}\``;
  return keyAuth(value, location, `${what} from secret ${namespace}/${name}`);
}

function readEntra(auth: ObjectReader): ReadAuth | undefined {
  const azure = auth.child('azure');
  if (azure === undefined) return undefined;
  const identities = ['managedIdentity', 'workloadIdentity'].filter((key) => azure.has(key));
  const ways = [...(azure.has('secretRef') ? ['secretRef'] : []), ...identities];
  if (ways.length > 1) azure.exactlyOne(ways);
  azure.notSupported(
    ['secretRef'],
    'Take it out, and set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.',
  );
  const managed = azure.child('managedIdentity');
  const ids = ['clientId', 'objectId', 'resourceId'].filter((key) => managed?.has(key) === true);
  if (managed !== undefined && ids.length > 1) managed.exactlyOne(ids);
  azure.child('workloadIdentity')?.ignore('tenantId', 'clientId', 'tokenFilePath');
  for (const key of identities) {
    azure.warn("is this machine's own identity here: what the environment or `az login` gives", {key});
  }
  return entra;
}

function readInlineKey(reader: ObjectReader, member: string): string | undefined {
  const text = reader.text(member, {secret: true, expand: true, max: keyMax})?.trim();
  const fault = text === undefined ? undefined : describeKeyFault(text);
  if (fault === undefined) return text;
  reader.problem(fault.message, {key: member, hint: fault.hint});
  return undefined;
}

function keyAuth(
  key: string | undefined,
  location: KeyLocation | undefined,
  about: string,
): ReadAuth | undefined {
  return key === undefined || location === undefined
    ? undefined
    : {auth: {kind: 'key', key, ...location}, about};
}

function readPolicyLocation(location: ObjectReader): KeyLocation | undefined {
  const kind = location.exactlyOne(['header', 'queryParameter', 'cookie']);
  location.notSupported(['queryParameter', 'cookie'], 'Send the key in a header.');
  const header = kind === 'header' ? location.child('header') : undefined;
  if (header === undefined) return undefined;
  if (!header.has('name')) header.requiredText('name');
  return readLocation(header, 'name');
}

function readLocation(reader: ObjectReader, nameKey: string): KeyLocation | undefined {
  const prefix = reader.text('prefix', {max: 256});
  const header = reader.text(nameKey, {max: 256}) ?? apiKey.header;
  if (prefix === undefined && !reader.has(nameKey) && !reader.has('prefix')) {
    reader.problem(`needs \`${nameKey}\` or \`prefix\``);
  }
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(header) || hopHeaders.has(header.toLowerCase())) {
    reader.problem('is no header that can carry a key', {key: nameKey});
    return undefined;
  }
  if (prefix !== undefined && !/^[\x20-\x7e]*$/.test(prefix)) {
    reader.problem('holds characters that no header can carry', {key: 'prefix'});
    return undefined;
  }
  if (prefix === undefined || !/^[A-Za-z]+$/.test(prefix) || header.toLowerCase() !== 'authorization') {
    return {header, prefix: prefix ?? ''};
  }
  // A scheme and its credential stand apart (RFC 9110); nobody means `Bearersk-…`.
  reader.warn('is followed by a blank: `Authorization` wants one', {key: 'prefix'});
  return {header, prefix: `${prefix} `};
}
