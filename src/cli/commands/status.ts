import {askStatus, type HeadStatus} from '../../app/ask-head.ts';
import {exitCodes} from '../../core/errors.ts';
import {formatCounted, formatDuration} from '../../report/format-quantity.ts';
import {createAppEnvironment} from '../app-environment.ts';
import {readRunFlags} from '../collect-flags.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderError} from '../render-error.ts';
import {renderTable} from '../render-table.ts';

/** `rollcall status`: what the head server says runs, and whether it answers. */
export async function status({flags, overrides}: Invocation, io: Io): Promise<number> {
  const wanted = readRunFlags(flags);
  const writeLine = (line: string): void => void io.stderr.write(`${line}\n`);
  const environment = createAppEnvironment(io, {verbose: wanted.verbose, writeLine});
  try {
    const {headUrl, servers, deployments} = await askStatus({...wanted, overrides}, environment);
    writeLine(`${formatCounted(servers.length, 'server')}, says the head server at ${headUrl}.`);
    const rows = servers.map(rowOf);
    for (const line of renderTable(['', 'NAME', 'KIND', 'URL', 'UP'], rows)) writeLine(line);
    if (deployments.length > 0) {
      const standings = deployments.map(deploymentRow);
      for (const line of renderTable(['', 'MODEL', 'DEPLOYMENT', 'STATE', 'CALLS'], standings))
        writeLine(line);
    }
    if (wanted.json) {
      const answer = {
        head: headUrl,
        servers: servers.map(toJson),
        deployments: deployments.map(deploymentToJson),
      };
      io.stdout.write(`${JSON.stringify(answer)}\n`);
    }
    return exitCodes.ok;
  } catch (error) {
    const {text, exitCode} = renderError(error, environment.redactor.redact);
    io.stderr.write(text);
    return exitCode;
  }
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
