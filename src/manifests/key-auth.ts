import type {ProviderAuth} from './gateway-config.ts';
import {describeKeyFault} from './key-fault.ts';
import type {KeyLocation} from './key-location.ts';
import type {ObjectReader} from './object-reader.ts';
import type {SecretStore} from './secret-store.ts';

/** How calls to a provider prove who they are, with a word on where that comes from. */
export interface ReadAuth {
  readonly auth: ProviderAuth;
  /** `key from secret default/azure-openai-secret`: for people, without the key. */
  readonly about: string;
}

export interface AuthSurroundings {
  /** The backend's own: its Secrets are there. */
  readonly namespace: string;
  readonly secrets: SecretStore;
}

/** The client's own credential is sent on. */
export const passthroughAuth: ReadAuth = {auth: {kind: 'passthrough'}, about: "the client's Authorization"};

const keyMax = 2048;

/** A key and where it goes, if both could be had. */
export function keyAuth(
  key: string | undefined,
  location: KeyLocation | undefined,
  about: string,
): ReadAuth | undefined {
  if (key === undefined || location === undefined) return undefined;
  const {header, prefix} = location;
  // Under a name of its own a Secret's value keeps its scheme (`Bearer …`); the key is what follows.
  const {scheme = '', rest = key} = /^(?<scheme>[A-Za-z]+ )(?<rest>.+)$/.exec(key)?.groups ?? {};
  const isSaidTwice = scheme.toLowerCase() === prefix.toLowerCase();
  return {auth: {kind: 'key', key: rest, header, prefix: isSaidTwice ? prefix : prefix + scheme}, about};
}

/** A key that stands in the backend itself. */
export function readInlineKey(reader: ObjectReader, member: string): string | undefined {
  const text = reader.text(member, {secret: true, expand: true, max: keyMax})?.trim();
  const fault = text === undefined ? undefined : describeKeyFault(text);
  if (fault === undefined) return text;
  reader.problem(fault.message, {key: member, hint: fault.hint});
  return undefined;
}
