import type {JsonObject} from '../core/json.ts';
import {formatPath, mapToJson} from './config-node.ts';
import {integer, optional, text, withDefault} from './fields.ts';
import {createSection, type KeyTree, type SectionContext} from './section.ts';
import type {ServerInstance} from './server-instances.ts';

/** `simulators.azure_openai_simulator`: an Azure OpenAI of our own. */
export interface SimulatorConfig {
  readonly name: string;
  /** Dotted path of the settings in the document. */
  readonly path: string;
  /** Undefined: loopback where it is embedded, the default host where it is a server of its own. */
  readonly host: string | undefined;
  /** 0 takes a free one; undefined: any where it is embedded, its own where it is a server of its own. */
  readonly port: number | undefined;
  /** Everything else, for the simulator to read. */
  readonly settings: JsonObject;
  /** Folder of the file that declares it: relative paths in `settings` start there. */
  readonly sourceDir: string;
}

const section = createSection({
  entrypoint: withDefault(text(), 'app.py'),
  host: optional(text()),
  port: optional(integer(0, 65_535)),
});

/** The keys of a simulator's settings that belong to the configuration and not to the simulator. */
export const simulatorKeys: KeyTree = section.keys;

/** Reads what every server has of a simulator's settings and keeps the rest. */
export function readSimulator(
  {name, node, path}: ServerInstance,
  context: SectionContext & {readonly cwd: string},
): SimulatorConfig | undefined {
  // Its other keys are the simulator's to judge: no guesses about them here.
  const fields = section.read(node, {...context, warn: () => undefined});
  if (fields === undefined) return undefined;
  const settings = Object.entries(mapToJson(node)).filter(([key]) => !Object.hasOwn(simulatorKeys, key));
  return {
    name,
    path: formatPath(path),
    host: fields.host,
    port: fields.port,
    settings: Object.fromEntries(settings),
    sourceDir: node.origin.folder ?? context.cwd,
  };
}
