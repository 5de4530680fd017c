/** A reply's headers as the HTTP client gives them: lower-case names, lists where a name came more than once. */
export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a header. */
export function headerOf(headers: ReplyHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value[0] : value;
}
