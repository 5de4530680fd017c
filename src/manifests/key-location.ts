import type {ObjectReader} from './object-reader.ts';

/** How a key is sent. */
export interface KeyLocation {
  readonly header: string;
  readonly prefix: string;
}

/** Where Azure takes keys, and where the page promises to put them. */
export const apiKeyHeader: KeyLocation = {header: 'api-key', prefix: ''};

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
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

/** Reads kgateway's `authHeader`: a name, a prefix or both. */
export function readAuthHeader(reader: ObjectReader): KeyLocation | undefined {
  if (!reader.has('headerName') && !reader.has('prefix')) {
    reader.problem('needs `headerName` or `prefix`');
    return undefined;
  }
  return readHeader(reader, 'headerName');
}

/** Reads agentgateway's `location`, of which only headers are supported. */
export function readKeyLocation(location: ObjectReader): KeyLocation | undefined {
  const kind = location.exactlyOne(['header', 'queryParameter', 'cookie']);
  location.notSupported(['queryParameter', 'cookie'], 'Send the key in a header.');
  const header = kind === 'header' ? location.child('header') : undefined;
  if (header === undefined) return undefined;
  if (header.has('name')) return readHeader(header, 'name');
  header.requiredText('name');
  return undefined;
}

function readHeader(reader: ObjectReader, nameKey: string): KeyLocation | undefined {
  const prefix = reader.text('prefix', {max: 256}) ?? '';
  const header = reader.text(nameKey, {max: 256}) ?? apiKeyHeader.header;
  if (!token.test(header) || hopHeaders.has(header.toLowerCase())) {
    reader.problem('is no header that can carry a key', {key: nameKey});
    return undefined;
  }
  if (!/^(?:[\x21-\x7e][\x20-\x7e]*)?$/.test(prefix)) {
    reader.problem('holds characters that no header can carry', {key: 'prefix'});
    return undefined;
  }
  if (!/^[A-Za-z]+$/.test(prefix) || header.toLowerCase() !== 'authorization') return {header, prefix};
  // A scheme and its credential stand apart (RFC 9110); nobody means `Bearersk-…`.
  reader.warn('is followed by a blank: `Authorization` wants one', {key: 'prefix'});
  return {header, prefix: `${prefix} `};
}
