/** A route's hostname, ready to be compared. */
export interface HostRule {
  /** Higher wins: an exact name over any pattern, a longer pattern over a shorter one, 0 for every host. */
  readonly specificity: number;
  /** `host` as `hostOf` gives it. */
  readonly matches: (host: string | undefined) => boolean;
}

/** Takes every request, one without a host too. */
export const everyHost: HostRule = {specificity: 0, matches: () => true};

/**
 * A name, or `*.suffix` for whatever has at least one label more, as in the Gateway API: `*.a.com` is `b.a.com` and
 * `c.b.a.com`, not `a.com`.
 */
export function compileHostname(hostname: string): HostRule {
  const name = hostname.toLowerCase();
  if (!name.startsWith('*.')) return {specificity: Infinity, matches: (host) => host === name};
  const suffix = name.slice(1);
  return {
    specificity: suffix.length,
    matches: (host) => host !== undefined && host.length > suffix.length && host.endsWith(suffix),
  };
}

/** The host that a request is for, in lower case, without its port and the dot of a full name. */
export function hostOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  // The last colon of a bare IPv6 address is no port's: its brackets say where it ends.
  const name = header.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  return name === '' ? undefined : name;
}
