import {type Problem, RollcallError} from '../core/errors.ts';
import type {ServerConfiguration} from './load-server-config.ts';

/** A server that wants an address; `key` is the dotted path of its `port` in the configuration, without that word. */
interface Wish {
  readonly name: string;
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

/** Fails with `ERR_CONFIG` where two servers are to listen at the same fixed port, before either is opened. */
export function refuseSamePorts(configuration: ServerConfiguration): void {
  const wishes = wishesOf(configuration).filter(({port}) => port !== 0);
  const problems = wishes.flatMap((wish, index): readonly Problem[] => {
    const other = wishes.slice(0, index).find((earlier) => collide(earlier, wish));
    if (other === undefined) return [];
    return [
      {
        message: `${wish.name} and ${other.name} cannot both listen on port ${wish.port}`,
        path: `${wish.key}.port`,
        ...configuration.config.locate(`${wish.key}.port`),
        hint: 'Give each a port of its own, or none for any that is free.',
      },
    ];
  });
  if (problems.length === 0) return;
  throw new RollcallError('servers get into each other’s way', {
    code: 'ERR_CONFIG',
    fault: 'config',
    problems,
  });
}

function wishesOf({config, gateway}: ServerConfiguration): readonly Wish[] {
  const {headServer, models, judges, agents, simulators, defaultHost} = config;
  const served = [...models.values()].filter(({url}) => url === undefined);
  const instances = [...served, ...judges.values(), ...agents.values(), ...simulators.values()];
  const wishes = instances.map(({name, path, host = defaultHost, port = 0}) => ({
    name,
    key: path,
    host,
    port,
  }));
  const head = {name: 'the head server', key: 'head_server', ...headServer};
  const {host = defaultHost, port = gateway?.port ?? 0} = config.gateway;
  return [
    head,
    ...(gateway === undefined ? [] : [{name: 'the gateway', key: 'gateway', host, port}]),
    ...wishes,
  ];
}

function collide(one: Wish, other: Wish): boolean {
  const isEverywhere = everywhere.has(one.host) || everywhere.has(other.host);
  return one.port === other.port && (isEverywhere || one.host === other.host);
}

const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]']);
