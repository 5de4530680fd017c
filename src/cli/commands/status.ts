import {askStatus, type HeadStatus} from '../../app/ask-head.ts';
import {exitCodes} from '../../core/errors.ts';
import {formatCounted, formatDuration} from '../../report/format-quantity.ts';
import {answerCommand} from '../answer-command.ts';
import {readRunFlags} from '../collect-flags.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderTable} from '../render-table.ts';

/** `rollcall status`: what the head server says runs, and whether it answers. */
export function status(invocation: Invocation, io: Io): Promise<number> {
  return answerCommand(invocation, io, {head: null}, async (environment) => {
    const {flags, overrides} = invocation;
    const {headUrl, servers, deployments} = await askStatus({...readRunFlags(flags), overrides}, environment);
    const lines = [
      `${formatCounted(servers.length, 'server')}, says the head server at ${headUrl}.`,
      ...renderTable(['', 'NAME', 'KIND', 'URL', 'UP'], servers.map(rowOf)),
      ...(deployments.length === 0
        ? []
        : renderTable(['', 'MODEL', 'DEPLOYMENT', 'STATE', 'CALLS'], deployments.map(deploymentRow))),
    ];
    const json = {
      head: headUrl,
      servers: servers.map(toJson),
      deployments: deployments.map(deploymentToJson),
    };
    return {lines, json, exitCode: exitCodes.ok};
  });
}

function toJson({
  name,
  kind,
  implementation,
  url,
  pid,
  uptimeS,
  isUp,
}: HeadStatus['servers'][number]): unknown {
  return {name, kind, implementation, url, pid, uptime_s: uptimeS, is_up: isUp};
}

function rowOf({name, kind, url, uptimeS, isUp}: HeadStatus['servers'][number]): readonly string[] {
  const since = uptimeS === undefined ? '' : formatDuration(uptimeS * 1000);
  return [isUp ? '✓' : '✗', name, kind, url ?? '', isUp ? since : 'does not answer'];
}

function deploymentToJson({
  model,
  name,
  state,
  inFlight,
  waiting,
}: HeadStatus['deployments'][number]): unknown {
  return {model, name, state, in_flight: inFlight, waiting};
}

function deploymentRow({
  model,
  name,
  state,
  inFlight,
  waiting,
}: HeadStatus['deployments'][number]): readonly string[] {
  const calls = `${String(inFlight)} under way, ${String(waiting)} waiting`;
  return [state === 'serving' ? '✓' : '✗', model, name, state, calls];
}
