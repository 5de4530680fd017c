import {parse} from 'yaml';
import {asJsonObject, asNumber, asString, type JsonObject, type JsonValue} from '../../src/core/json.ts';

/** What NeMo Gym's collector comes to: records, those that it puts aside, and the agent's metrics. */
export interface Collected {
  readonly records: readonly JsonObject[];
  readonly failures: readonly JsonObject[];
  readonly metrics: JsonObject;
}

/**
 * Collects as NeMo Gym's own collector does (nemo-gym.md §2.7, §5.4, §6.4): the head's configuration, a JSON string of
 * YAML 1.1; of the agent's instance the first type and its first implementation; all rows at once to its `/run`; a status
 * that is no success ends it.
 */
export async function collectAsNemoGym(
  headUrl: string,
  agentName: string,
  rows: readonly JsonObject[],
): Promise<Collected> {
  const configText: unknown = await (await fetch(`${headUrl}/global_config_dict_yaml`)).json();
  if (typeof configText !== 'string') throw new Error('the configuration is no JSON string');
  const config = parse(configText, {version: '1.1'}) as JsonObject;
  const {host, port} = firstOf(firstOf(config[agentName]));
  const url = `http://${asString(host) ?? ''}:${String(asNumber(port))}`;
  const stamped = rows.map((row, index) => ({
    ...row,
    _ng_task_index: index,
    _ng_rollout_index: 0,
    agent_ref: {name: agentName},
  }));
  const replies = await Promise.all(
    stamped.map(async (row) => ({...(await post(`${url}/run`, row)), ...identityOf(row)})),
  );
  const isFailure = (reply: JsonObject): boolean => (reply['_ng_failure_class'] ?? null) !== null;
  const records = replies.filter((reply) => !isFailure(reply));
  const metrics = await post(`${url}/aggregate_metrics`, {verify_responses: records.map(stripped)});
  return {records, failures: replies.filter(isFailure), metrics};
}

function firstOf(value: JsonValue | undefined): JsonObject {
  return asJsonObject(Object.values(asJsonObject(value) ?? {})[0]) ?? {};
}

function identityOf({_ng_task_index, _ng_rollout_index, agent_ref}: JsonObject): JsonObject {
  return {_ng_task_index, _ng_rollout_index, agent_ref};
}

function stripped({response, ...row}: JsonObject): JsonObject {
  const rest = Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'responses_create_params'));
  const usage = asJsonObject(asJsonObject(response)?.['usage']);
  return usage === undefined ? rest : {...rest, response: {usage}};
}

async function post(url: string, body: JsonObject): Promise<JsonObject> {
  const reply = await fetch(url, {method: 'POST', body: JSON.stringify(body)});
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${url} answered ${String(reply.status)}: ${text}`);
  return JSON.parse(text) as JsonObject;
}
