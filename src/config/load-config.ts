import {type Problem, RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {createRedactor} from '../core/redact.ts';
import {readTopLevel, type TopLevelConfig, topLevelKeys} from './collect-config.ts';
import {readConfigFiles} from './config-files.ts';
import {
  type ConfigNode,
  childOf,
  emptyMap,
  interpolationText,
  type MapNode,
  mapFromJson,
  mapToJson,
  type Origin,
} from './config-node.ts';
import {applyDirectives} from './directives.ts';
import {mergeDummyModels} from './dummy-model.ts';
import {applyEnvironmentFallbacks} from './environment-fallback.ts';
import {Interpolator} from './interpolator.ts';
import {mergeMaps} from './merge-nodes.ts';
import {findMissingValues} from './missing-values.ts';
import {buildOverrideTree} from './override-tree.ts';
import {type PriceTable, readListedPrices} from './price-config.ts';
import {collectSecrets, maskDocument} from './secrets.ts';
import {serverTypes} from './server-instances.ts';
import {readServers, type Servers} from './servers.ts';
import {warnAboutUnusedKeys} from './unused-keys.ts';

export interface LoadOptions {
  /** Files of `--config`, lowest first. */
  readonly configPaths: readonly string[];
  /** Must exist; left out, `env.yaml` in `cwd` is read if it exists. */
  readonly envPath?: string | undefined;
  /** Bare words: `+a.b=c`, `++a=b`, `+config_paths=[…]`. */
  readonly overrides: readonly string[];
  /** Merged over everything else, with every text as it is. */
  readonly flags?: JsonObject | undefined;
  /** False: server instances are left out, with all that is wrong with them. Default true. */
  readonly withServers?: boolean | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder this package is installed in. */
  readonly packageRoot: string;
}

/** Where a value was written. `line` and `column` are 1-based and absent for what did not come from a file. */
interface Location {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** A configuration that can be run: merged, resolved, typed. */
export interface LoadedConfig
  extends Servers,
    Pick<TopLevelConfig, 'collect' | 'headServer' | 'gateway' | 'accessLog' | 'bodyLimitMb' | 'defaultHost'> {
  /** Prices of models: the user's own, and those of the package for models. */
  readonly prices: {readonly own: PriceTable; readonly listed: PriceTable};
  readonly document: JsonObject;
  /** The document without its credentials. */
  readonly masked: JsonObject;
  /** Every credential found in any source: API keys, bearer tokens, signed query values. */
  readonly secrets: readonly string[];
  readonly warnings: readonly Problem[];
  /** Absolute paths of the files read, lowest first; an env file is the last. */
  readonly files: readonly string[];
  /** The last of the files that is no env file. */
  readonly mainFile: string | undefined;
  /** First keys that nothing but the env file sets: values for the other files to refer to. */
  readonly envOnlyKeys: ReadonlySet<string>;
  /** What callers of a server that listens beyond this machine have to show. */
  readonly serverToken: string | undefined;
  /** Where the value at a dotted path was written (`a.b[0].c`), or the nearest one above it. */
  locate(path: string): Location;
}

/**
 * Reads files, env file, overrides and flags into one typed configuration. Anything wrong is thrown as one
 * `RollcallError` (`ERR_CONFIG`) that lists every problem; no credential is in it.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const diagnosis = new Diagnosis();
  const overrides = buildOverrideTree(options.overrides, diagnosis.problem);
  const problemsBefore = diagnosis.problems.length;
  const {layers, files, envFile} = await readConfigFiles({...options, overrides}, diagnosis.problem);
  const flags = mapFromJson(options.flags ?? {}, {file: 'the command line'});
  const sources = [...layers, overrides, flags];
  for (const source of sources) diagnosis.addSecrets(collectSecrets(source));
  // With a file missing, everything that it would have set would look missing too.
  if (diagnosis.problems.length > problemsBefore) throw diagnosis.toError();

  const document = resolveSources(sources, options, diagnosis);
  const top = readTopLevel(document, diagnosis);
  const servers = readServers(document, {...options, ...serverDefaults(top), ...diagnosis.reporters});
  if (diagnosis.problems.length > 0) throw diagnosis.toError();
  if (top === undefined) throw new Error('settings were neither read nor complained about');
  return {
    ...servers,
    ...top,
    prices: {
      own: top.prices,
      listed: servers.models.size === 0 ? new Map() : await readListedPrices(options.packageRoot),
    },
    document: mapToJson(document),
    masked: maskDocument(document, diagnosis.secrets),
    secrets: [...diagnosis.secrets],
    warnings: diagnosis.redactedWarnings(),
    files: envFile === undefined ? files : [...files, envFile],
    mainFile: files.at(-1),
    envOnlyKeys: keysOfEnvOnly(layers, overrides),
    locate: (path) => toLocation(locate(document, path).origin),
  };
}

function keysOfEnvOnly(layers: readonly MapNode[], overrides: MapNode): ReadonlySet<string> {
  const others = [...layers.slice(0, -1), overrides];
  const keys = [...(layers.at(-1)?.entries.keys() ?? [])];
  return new Set(keys.filter((key) => !others.some((layer) => layer.entries.has(key))));
}

/** What went wrong so far, and the secrets to keep out of the telling. */
class Diagnosis {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly secrets = new Set<string>();
  readonly problem = (problem: Problem): void => void this.problems.push(problem);
  readonly warn = (problem: Problem): void => void this.warnings.push(problem);
  readonly reporters: {
    readonly problem: (problem: Problem) => void;
    readonly warn: (problem: Problem) => void;
  } = this;

  addSecrets(secrets: Iterable<string>): void {
    for (const secret of secrets) this.secrets.add(secret);
  }

  redactedWarnings(): readonly Problem[] {
    return this.#redacted(this.warnings);
  }

  toError(): RollcallError {
    const problems = this.#redacted(this.problems);
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    return new RollcallError(`the configuration has ${count}`, {
      code: 'ERR_CONFIG',
      fault: 'config',
      problems,
    });
  }

  #redacted(problems: readonly Problem[]): readonly Problem[] {
    const {redact} = createRedactor(this.secrets);
    return problems.map(
      (problem) =>
        Object.fromEntries(
          Object.entries(problem)
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [key, typeof value === 'string' ? redact(value) : value]),
        ) as unknown as Problem,
    );
  }
}

function resolveSources(
  sources: readonly MapNode[],
  {env, withServers = true}: LoadOptions,
  diagnosis: Diagnosis,
): MapNode {
  const directed = applyDirectives(mergeSources(sources, env), diagnosis.problem);
  const merged = withServers ? directed : withoutInstances(directed);
  const complete = applyEnvironmentFallbacks(mergeDummyModels(merged), env, diagnosis.warn);
  for (const problem of findMissingValues(complete)) diagnosis.problem(problem);
  const interpolator = new Interpolator(complete, {
    env,
    isRead: (key) => isRead(complete, key),
    // A variable that nothing reads may refer to what is not there.
    report: (problem, path) =>
      (isRead(complete, String(path[0])) ? diagnosis.problem : diagnosis.warn)(problem),
  });
  const document = interpolator.resolveAll();
  diagnosis.addSecrets(interpolator.secrets);
  diagnosis.addSecrets(collectSecrets(document));
  warnAboutUnusedKeys(complete, interpolator.used, diagnosis.warn);
  return document;
}

/** Merged twice: the second time, a map over an interpolation finds what the first result has for it. */
function mergeSources(sources: readonly MapNode[], env: LoadOptions['env']): MapNode {
  const bottom = emptyMap({file: 'the configuration'});
  const first = sources.reduce((below, above) => mergeMaps(below, above), bottom);
  const interpolator = new Interpolator(first, {env, report: () => undefined});
  const lookup = (text: string): MapNode | undefined => {
    const node: ConfigNode = {kind: 'scalar', value: text, text, origin: bottom.origin};
    if (interpolationText(node) === undefined) return undefined;
    const found = interpolator.resolve(node, [`lookup ${text}`]);
    return found.kind === 'map' ? found : undefined;
  };
  return sources.reduce((below, above) => mergeMaps(below, above, lookup), bottom);
}

function isRead(root: MapNode, key: string): boolean {
  return Object.hasOwn(topLevelKeys, key) || isInstance(root.entries.get(key));
}

function isInstance(node: ConfigNode | undefined): boolean {
  return node?.kind === 'map' && serverTypes.some((type) => node.entries.has(type));
}

function withoutInstances(root: MapNode): MapNode {
  return {...root, entries: new Map([...root.entries].filter(([, node]) => !isInstance(node)))};
}

function serverDefaults(top: TopLevelConfig | undefined): {
  readonly defaultHost: string;
  readonly errorOnAlmostServers: boolean;
  readonly agentName: string | undefined;
  readonly agentDefaults: {
    readonly skipVerification: boolean;
    readonly skipVerificationReward: number | undefined;
  };
} {
  return {
    defaultHost: top?.defaultHost ?? '127.0.0.1',
    errorOnAlmostServers: top?.errorOnAlmostServers ?? true,
    agentName: top?.collect.agentName,
    agentDefaults: {
      skipVerification: top?.collect.skipVerification ?? false,
      skipVerificationReward: top?.collect.skipVerificationReward,
    },
  };
}

/** Follows a dotted path as far as it goes; keys with dots in them are tried too. */
function locate(node: ConfigNode, path: string): ConfigNode {
  const names = path.split(/[.[\]]/).filter((name) => name !== '');
  for (let length = 1; length <= names.length; length++) {
    const child = childOf(node, names.slice(0, length).join('.'));
    if (child !== undefined) return locate(child, names.slice(length).join('.'));
  }
  return node;
}

function toLocation({file, line, column}: Origin): Location {
  return {file, ...(line === undefined ? {} : {line}), ...(column === undefined ? {} : {column})};
}
