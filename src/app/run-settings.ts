import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import type {AgentSettings, DeploymentRefusals, RunSettings} from '../report/html/report-model.ts';
import type {Manifest} from '../store/manifest.ts';

/** What a manifest tells of how an output came about; of none, nothing. */
export function runSettingsOf(manifest: Manifest | undefined): RunSettings {
  const runs = manifest?.runs ?? [];
  const last = runs.at(-1);
  return {
    agents: Object.entries(asJsonObject(manifest?.fingerprint['agents']) ?? {}).map(agentSettings),
    startedAt: runs[0]?.startedAt,
    endedAt: last?.endedAt,
    runs: runs.length,
    exitCode: last?.exitCode,
    version: asString(manifest?.about['rollcall_version']),
    input: asString(manifest?.about['input']),
    refusals: refusalsOf(runs.flatMap(({deployments = []}) => deployments)),
  };
}

function agentSettings([name, value]: [string, JsonValue | undefined]): AgentSettings {
  const agent = asJsonObject(value);
  if (agent === undefined) return {name, deployments: modelText(value), judge: undefined};
  return {name, deployments: modelText(agent['model'] ?? agent['agent']), judge: judgeText(agent['judge'])};
}

function judgeText(value: JsonValue | undefined): string | undefined {
  const judge = asJsonObject(value);
  if (judge === undefined) return asString(value);
  const fixed = asNumber(judge['skip_verification_reward']);
  return fixed === undefined ? modelText(judge['model']) : `none, every reward is ${String(fixed)}`;
}

function modelText(value: JsonValue | undefined): string {
  const model = asJsonObject(value);
  if (model === undefined) return asString(value) ?? 'not told';
  const several = asJsonArray(model['deployments']).map(asJsonObject);
  return (several.length > 0 ? several : [model]).map(deploymentText).join(', ');
}

function deploymentText(model: JsonObject | undefined): string {
  const family = asString(model?.['model_family']);
  return `${asString(model?.['deployment']) ?? 'not told'}${family === undefined ? '' : ` (${family})`}`;
}

/** Summed up over runs. */
function refusalsOf(uses: readonly JsonValue[]): readonly DeploymentRefusals[] {
  const byName = new Map<string, DeploymentRefusals>();
  for (const use of uses.map(asJsonObject)) {
    const name = asString(use?.['name']) ?? '';
    const before = byName.get(name) ?? {name, answered: 0, refused: 0, saturatedMinutes: 0};
    byName.set(name, {
      name,
      answered: before.answered + (asNumber(use?.['answered']) ?? 0),
      refused: before.refused + (asNumber(use?.['refused']) ?? 0),
      saturatedMinutes: before.saturatedMinutes + (asNumber(use?.['saturated_minutes']) ?? 0),
    });
  }
  return [...byName.values()];
}
