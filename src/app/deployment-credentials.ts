import {type CredentialSettings, defaultScope} from '../azure/credentials.ts';
import type {AzureEndpoint} from '../azure/endpoint.ts';
import type {DeploymentSettings} from './gateway-models.ts';

// What is shown to those who ask for no key: a simulator of ours whose configuration names none, a model server of NeMo Gym's.
const anyKey = 'any-key-will-do';

/** How calls to a deployment are signed. `serverToken` is shown to model servers that have no token of their own. */
export function credentialsOf(
  settings: DeploymentSettings,
  endpoint: AzureEndpoint,
  serverToken: string | undefined,
): CredentialSettings {
  const {auth, openaiApiKey, apiKeyHeader, apiKeyPrefix, openaiBaseUrl, entraScope, url} = settings;
  if (settings.passesAuthorization === true) return {passthrough: true};
  if (url !== undefined) return credentialsOfServer(openaiApiKey ?? serverToken);
  switch (auth) {
    case 'entra_id':
      return {entra: {scope: entraScope ?? defaultScope(endpoint.origin)}};
    case 'bearer':
      return {bearerToken: openaiApiKey};
    case 'api_key':
      return {
        apiKey: openaiApiKey ?? (typeof openaiBaseUrl === 'object' ? (serverToken ?? anyKey) : undefined),
        apiKeyHeader,
        apiKeyPrefix,
      };
  }
}

/** A model server wants a token, or nothing; then it does not mind a key. */
function credentialsOfServer(token: string | undefined): CredentialSettings {
  return token === undefined ? {apiKey: anyKey} : {bearerToken: token};
}
