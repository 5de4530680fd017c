import {createLedger} from '../control/ledger.ts';
import type {SimulatorSettings} from '../settings/simulator-settings.ts';
import {clockOf, listen, type Simulator, type SimulatorDeps} from '../simulator.ts';
import {loadRecords} from './load-records.ts';
import {createRecordBook} from './record-book.ts';
import {createReplaying} from './replaying.ts';
import type {ReplayLatency} from './send-recorded.ts';

export interface ReplayerOptions {
  /** What `startRecorder` wrote. */
  readonly folder: string;
  readonly latency: ReplayLatency;
}

/** A replayer that listens. */
export interface Replayer extends Simulator {
  /** How many there are. */
  readonly records: number;
}

/**
 * Starts a resource that answers from records alone. Of the settings only the clock, the ledger's and the control plane's
 * matter; a reset begins with the first record of each request again. Fails with `ERR_RECORDS` where a record is damaged or
 * there is none, and like a simulator where it cannot listen.
 */
export async function startReplayer(
  settings: SimulatorSettings,
  {folder, latency}: ReplayerOptions,
  deps: SimulatorDeps,
): Promise<Replayer> {
  const book = createRecordBook(await loadRecords(folder));
  const clock = clockOf(settings, deps.clock);
  const ledger = createLedger(settings.ledgerEntries);
  const reset = (): void => {
    book.reset();
    ledger.reset();
  };
  const answer = createReplaying({clock, ledger, book, latency});
  const server = await listen(answer, {settings, clock, ledger, reset}, deps);
  return {...server, records: book.records.length};
}
