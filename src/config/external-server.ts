import {formatPath} from './config-node.ts';
import {httpUrl, number, optional, text, withDefault} from './fields.ts';
import {createSection, type SectionContext} from './section.ts';
import type {ServerInstance, ServerType} from './server-instances.ts';

/** A judge or an agent of NeMo Gym's kind that runs elsewhere. */
export interface ExternalServer {
  readonly name: string;
  readonly type: ServerType;
  /** Dotted path of the settings in the document. */
  readonly path: string;
  /** Base URL, without a slash at its end. */
  readonly url: string;
  /** What it wants to be shown; undefined: our own `server_token`, if there is one. */
  readonly token: string | undefined;
  /** Seconds for one rollout of an agent. */
  readonly rolloutTimeoutS: number;
}

const section = createSection({
  url: httpUrl(),
  server_token: optional(text()),
  rollout_timeout_s: withDefault(number(0.001), 3600),
});

/** Reads what is needed to call a server that runs elsewhere; its other settings are its own affair. */
export function readExternalServer(
  {name, type, node, path}: ServerInstance,
  context: SectionContext,
): ExternalServer | undefined {
  const fields = section.read(node, {...context, warn: () => undefined});
  if (fields === undefined) return undefined;
  const {url, serverToken: token, rolloutTimeoutS} = fields;
  return {name, type, path: formatPath(path), url, token, rolloutTimeoutS};
}
