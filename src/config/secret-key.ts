const secretEnds = new Set([
  'key',
  'token',
  'secret',
  'password',
  'passwd',
  'passphrase',
  'authorization',
  'credential',
  'credentials',
  'apikey',
  'accesskey',
  'authtoken',
  'accesstoken',
  'bearer',
  'secrets',
  'passwords',
]);
const secretPlurals = new Set(['keys', 'tokens']);
const secretQualifiers = new Set([
  'api',
  'access',
  'auth',
  'bearer',
  'private',
  'secret',
  'refresh',
  'server',
]);
// What makes a key or a token an ordinary one: `answer_key` is a file of answers, `eos_token` a piece of text.
const harmlessQualifiers = new Set(
  (
    'answer cache sort group primary foreign dict row id public metric json partition task prompt config ' +
    'eos bos pad unk stop first last next per'
  ).split(' '),
);
const trailing = /^(?:\d+|value|header|id|base64)$/;

/**
 * Whether a key names a credential: its last word is a key, token, secret, password or authorization, in any case or
 * spelling (`OPENAI_API_KEY`, `subscription-key`, `hfToken`). `max_output_tokens`, `monkey` and `tokens_per_minute` do not.
 */
export function isSecretKey(key: string): boolean {
  const words = wordsOf(key);
  while (words.length > 1 && trailing.test(words.at(-1) ?? '')) words.pop();
  const last = (words.pop() ?? '').replace(/\d+$/, '');
  const qualifier = words.pop();
  if (secretPlurals.has(last)) {
    return qualifier === undefined ? last === 'keys' : secretQualifiers.has(qualifier);
  }
  if (!secretEnds.has(last)) return false;
  return qualifier === undefined || !harmlessQualifiers.has(qualifier);
}

/** Whether a query parameter of a URL carries a credential; `sig` and `code` do in Azure's own URLs. */
export function isSecretParameter(name: string): boolean {
  return isSecretKey(name) || /^(?:sig|signature|code)$/i.test(name);
}

function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}
