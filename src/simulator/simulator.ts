import {readFile} from 'node:fs/promises';
import type {Clock} from '../core/clock.ts';
import type {Logger} from '../core/ports.ts';
import {openServer, type RunningServer} from '../runtime/http-server.ts';
import {requireToken} from '../runtime/http-token.ts';
import {loadAnswerKeys} from './answers/load-answer-keys.ts';
import type {Controlled} from './control/control-plane.ts';
import {createLedger, type Ledger} from './control/ledger.ts';
import {createVirtualClock} from './control/virtual-clock.ts';
import {type Answer, createRequestHandler} from './request-handler.ts';
import type {SimulatorSettings} from './settings/simulator-settings.ts';
import {createSimulation} from './simulation.ts';
import {createWorld} from './world.ts';

export interface SimulatorDeps {
  readonly clock: Clock;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What every request has to show, beside what the simulated resource asks for; undefined: nothing. */
  readonly token?: string | undefined;
  /** Told of bugs of the simulator's own. */
  readonly logger?: Logger | undefined;
  /** Reads answer keys; the file system by default. */
  readonly readTextFile?: ((path: string) => Promise<string>) | undefined;
}

/** A simulated Azure OpenAI resource that listens. */
export interface Simulator extends RunningServer {
  readonly ledger: Ledger;
  /** Full quotas, no faults counted, an empty ledger: as it was at the start. */
  reset(): void;
}

// 2025-01-01, where a virtual clock starts unless the settings name a moment.
const virtualStartSeconds = 1_735_689_600;

/**
 * Starts the simulator and resolves when it listens. An answer key that cannot be read and a port in use are
 * `RollcallError`s (`ERR_CONFIG`, `ERR_PORT_IN_USE`).
 */
export async function startSimulator(settings: SimulatorSettings, deps: SimulatorDeps): Promise<Simulator> {
  const {readTextFile = (path: string) => readFile(path, 'utf8')} = deps;
  const keys = await loadAnswerKeys(settings, readTextFile);
  const clock = clockOf(settings, deps.clock);
  const ledger = createLedger(settings.ledgerEntries);
  let world = createWorld(settings, {clock, keys});
  const reset = (): void => {
    world = createWorld(settings, {clock, keys});
    ledger.reset();
  };
  const answer = createSimulation({settings, clock, ledger, world: () => world});
  return listen(answer, {settings, clock, ledger, reset}, deps);
}

/** Opens the door of a simulator, whatever stands behind it. An address that cannot be had is a `RollcallError`. */
export async function listen(
  answer: Answer,
  controlled: Controlled,
  {host, port, token, logger}: SimulatorDeps,
): Promise<Simulator> {
  const open = createRequestHandler(answer, {...controlled, logger});
  const handler = token === undefined ? open : requireToken(token, open);
  const server = await openServer(handler, {host, port});
  return {...server, ledger: controlled.ledger, reset: controlled.reset};
}

/** The clock of the settings: the real one, or one that stands still until it is moved. */
export function clockOf(settings: SimulatorSettings, clock: Clock): Clock {
  return settings.clock === 'virtual' ? createVirtualClock(virtualStart(settings)) : clock;
}

function virtualStart({created}: SimulatorSettings): number {
  return (created === 'clock' ? virtualStartSeconds : created) * 1_000;
}
