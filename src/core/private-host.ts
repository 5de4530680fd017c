const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
// RFC 1918 and RFC 4193.
const privateAddress =
  /^(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|\[f[cd][\da-f:.]+\])$/i;
// A container's or a Service's short name, and the endings that no public name has.
const privateName =
  /^(?:[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?|(?:[-a-z0-9_]+\.)+(?:internal|local|localhost|svc|lan|test|home\.arpa))$/i;

/** Whether a host name of a URL means this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return loopback.test(hostname);
}

/**
 * Whether a host name of a URL can only be one of a private network (a container, a cluster's Service, an address of RFC
 * 1918), so that what is sent there unencrypted does not cross the internet.
 */
export function isPrivateHost(hostname: string): boolean {
  return privateAddress.test(hostname) || (privateName.test(hostname) && !/^[\d.]+$/.test(hostname));
}
