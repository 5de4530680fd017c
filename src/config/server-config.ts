import type {JsonObject} from '../core/json.ts';

/** What every server instance declares, whatever it does. */
export interface ServerConfig {
  readonly name: string;
  /** Dotted path of the settings in the document. */
  readonly path: string;
  readonly entrypoint: string;
  readonly host: string;
  readonly port: number | undefined;
  /** A server of its kind that runs elsewhere. */
  readonly url: string | undefined;
}

/** What agents and judges declare besides. */
export interface TaskServerConfig extends ServerConfig {
  readonly domain: string | undefined;
  readonly datasets: readonly JsonObject[];
}
