const secretHeaders: ReadonlySet<string> = new Set(['cookie', 'set-cookie', 'set-cookie2']);
const secretWords: ReadonlySet<string> = new Set(
  (
    'key token secret password passwd pwd passphrase authorization auth credential credentials signature sig jwt ' +
    'apikey accesskey accesstoken authtoken'
  ).split(' '),
);

/** Whether a header carries a credential: `api-key`, `Ocp-Apim-Subscription-Key`, `Authorization`, cookies, … */
export function isSecretHeader(name: string): boolean {
  return secretHeaders.has(name.toLowerCase()) || endsInSecret(name);
}

/** Whether a query parameter carries a credential, by its last word; `code` does in Azure's own URLs. */
export function isSecretParameter(name: string): boolean {
  return name.toLowerCase() === 'code' || endsInSecret(name);
}

function endsInSecret(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return secretWords.has(words.at(-1) ?? '');
}
