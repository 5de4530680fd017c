import type {AzureEndpoint} from '../azure/endpoint.ts';
import type {ModelConfig} from '../config/model-config.ts';

/** One of several deployments, as far as its name goes. */
export interface NamedEntry {
  /** Its own name, if the configuration gives one. */
  readonly name: string | undefined;
  readonly deployment: string;
  readonly endpoint: AzureEndpoint;
  readonly settings: ModelConfig;
}

/**
 * What each is called in records and logs: its own name, else its deployment's, with the resource where another has that too.
 * Two may still have the same name: the configuration has to tell them apart.
 */
export function poolNames(entries: readonly NamedEntry[]): readonly string[] {
  const plain = entries.map(({name, deployment}) => name ?? deployment);
  return entries.map(({name, deployment, ...entry}, index) => {
    const isAlone = plain.every((other, at) => at === index || other !== plain[index]);
    return name ?? (isAlone ? deployment : `${deployment}@${resourceOf(entry)}`);
  });
}

/** A simulator's port is another each time. */
function resourceOf({
  endpoint: {origin},
  settings: {openaiBaseUrl},
}: Pick<NamedEntry, 'endpoint' | 'settings'>): string {
  if (typeof openaiBaseUrl === 'object') return openaiBaseUrl.name;
  const {host, hostname} = new URL(origin);
  return /\.(?:openai|services\.ai|cognitiveservices)\.azure\./.test(hostname)
    ? (hostname.split('.')[0] ?? host)
    : host;
}
