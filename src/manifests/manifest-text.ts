/** A file's text: UTF-8, or UTF-16 where it begins with that mark, as PowerShell's `>` writes it. */
export function decodeManifest(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return bytes.toString();
}

/** The text with `\n` alone between its lines, and without the byte order marks of the files that it was joined from. */
export function normalizeLines(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/^\uFEFF/gm, '');
}
