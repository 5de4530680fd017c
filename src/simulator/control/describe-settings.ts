import type {JsonObject} from '../../core/json.ts';
import type {SimulatorSettings} from '../settings/simulator-settings.ts';

/** The settings in force, for people to look at: secrets are counted, not shown. */
export function describeSettings({keys, bearerTokens, controlToken, ...rest}: SimulatorSettings): JsonObject {
  const secrets = {
    keys: keys.length,
    bearerTokens: bearerTokens.length,
    controlToken: controlToken === undefined ? 0 : 1,
  };
  return JSON.parse(JSON.stringify({...rest, secrets}, showPatternsAndMaps)) as JsonObject;
}

function showPatternsAndMaps(_key: string, value: unknown): unknown {
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  return value instanceof Set ? [...value] : value;
}
