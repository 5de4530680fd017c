import type {TokenCredential} from '@azure/identity';
import type {TokenProvider} from './token-cache.ts';

/**
 * Asks `@azure/identity` for a token of this scope, with whatever identity the machine has, where the scope's cloud signs
 * people in. The library is loaded at the first call.
 */
export function defaultTokenProvider(scope: string): TokenProvider {
  let credential: TokenCredential | undefined;
  return async () => {
    credential ??= await loadCredential(scope);
    const answer = await credential.getToken(scope);
    if (answer === null) throw new Error('no identity of this machine gave a token');
    return {token: answer.token, expiresAtMs: answer.expiresOnTimestamp};
  };
}

/** Loading takes a tenth of a second and 30 MB: not for those who have a key. */
async function loadCredential(scope: string): Promise<TokenCredential> {
  const {AzureAuthorityHosts, DefaultAzureCredential} = await import('@azure/identity');
  const cloud = /\.azure\.(us|cn)(?=[/:]|$)/.exec(scope)?.[1];
  if (cloud === undefined) return new DefaultAzureCredential();
  const authorityHost = cloud === 'us' ? AzureAuthorityHosts.AzureGovernment : AzureAuthorityHosts.AzureChina;
  return new DefaultAzureCredential({authorityHost});
}
