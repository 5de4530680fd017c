import {type AuthSurroundings, keyAuth, passthroughAuth, type ReadAuth, readInlineKey} from './key-auth.ts';
import {apiKeyHeader, type KeyLocation, readKeyLocation} from './key-location.ts';
import type {ObjectReader} from './object-reader.ts';
import {authorizationKey} from './secret-store.ts';

const kinds = ['key', 'secretRef', 'passthrough', 'azure'] as const;
const foreignKinds = ['aws', 'gcp', 'oauthTokenExchange', 'crossAppAccess', 'jwtSign', 'credentials'];
const entra: ReadAuth = {auth: {kind: 'entra'}, about: 'Microsoft Entra ID'};

/** Reads agentgateway's `policies.auth`; without it, calls are made as Microsoft Entra ID knows this machine. */
export function readPoliciesAuth(
  auth: ObjectReader | undefined,
  surroundings: AuthSurroundings,
): ReadAuth | undefined {
  if (auth === undefined) return entra;
  auth.notSupported(foreignKinds, 'Give a key, or take it out to sign in with Microsoft Entra ID.');
  if (foreignKinds.some((key) => auth.has(key)) && !kinds.some((key) => auth.has(key))) return undefined;
  const kind = auth.exactlyOne(kinds);
  switch (kind) {
    case undefined:
      return undefined;
    case 'key':
      return keyAuth(readInlineKey(auth, 'key'), readLocation(auth), 'inline key');
    case 'secretRef':
      return readSecretRef(auth, surroundings);
    case 'passthrough':
      auth.child('passthrough');
      auth.notSupported(['location'], "The client's `Authorization` is sent on as it is.");
      return passthroughAuth;
    case 'azure':
      auth.notSupported(['location'], 'Tokens of Microsoft Entra ID are sent as `Authorization`.');
      return readEntra(auth);
  }
}

/** Without one, `api-key`: agentgateway itself would send `Authorization: Bearer`, which Azure takes for a token. */
function readLocation(auth: ObjectReader): KeyLocation | undefined {
  const location = auth.child('location');
  return location === undefined ? apiKeyHeader : readKeyLocation(location);
}

function readSecretRef(auth: ObjectReader, {namespace, secrets}: AuthSurroundings): ReadAuth | undefined {
  const location = readLocation(auth);
  const reference = auth.child('secretRef');
  const name = reference?.requiredText('name', {expand: true});
  if (reference === undefined || name === undefined || !isSecret(reference)) return undefined;
  const named = reference.text('key');
  const value = secrets.find({
    namespace,
    name,
    key: named ?? authorizationKey,
    canNameKey: true,
    at: {reader: reference, member: named === undefined ? 'name' : 'key'},
  });
  const what = named === undefined ? 'key' : `\`${named}\``;
  return keyAuth(value, location, `${what} from secret ${namespace}/${name}`);
}

function isSecret(reference: ObjectReader): boolean {
  const kind = reference.text('kind') ?? 'Secret';
  const group = reference.text('group', {allowEmpty: true}) ?? '';
  if (kind === 'Secret' && group === '') return true;
  reference.problem('only Secrets are supported', {key: kind === 'Secret' ? 'group' : 'kind'});
  return false;
}

function readEntra(auth: ObjectReader): ReadAuth | undefined {
  const azure = auth.child('azure');
  if (azure === undefined) return undefined;
  const identities = ['managedIdentity', 'workloadIdentity'].filter((key) => azure.has(key));
  const ways = [...identities, ...['secretRef'].filter((key) => azure.has(key))];
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
