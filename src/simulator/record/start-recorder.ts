import {Pool} from 'undici';
import {createLedger} from '../control/ledger.ts';
import type {SimulatorSettings} from '../settings/simulator-settings.ts';
import {listen, type Simulator, type SimulatorDeps} from '../simulator.ts';
import type {Upstream} from './parse-upstream.ts';
import {openRecordFolder} from './record-folder.ts';
import {createRecording} from './recording.ts';

export interface RecorderOptions {
  readonly upstream: Upstream;
  /** Where the records go; made if it is not there. */
  readonly folder: string;
}

/**
 * Starts a recorder: a door that passes on what it is asked to a real resource, and the reply back, and keeps both without
 * their secrets. Of the settings only the ledger's and the control plane's matter. Closing it waits for the last record.
 * Fails with `ERR_RECORDS` where the folder cannot be written, and like a simulator where it cannot listen.
 */
export async function startRecorder(
  settings: SimulatorSettings,
  {upstream, folder: path}: RecorderOptions,
  deps: SimulatorDeps,
): Promise<Simulator> {
  const {clock} = deps;
  const folder = await openRecordFolder(path, clock);
  // One socket for each exchange under way, kept for the next; a model may think as long as the client waits.
  const pool = new Pool(upstream.origin, {
    connections: null,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const ledger = createLedger(settings.ledgerEntries);
  const recording = createRecording({...deps, ledger, folder, upstream, dispatcher: pool});
  const cleanUp = async (): Promise<void> => {
    await pool.destroy();
    await recording.settled();
    await folder.close();
  };
  try {
    const controlled = {settings, clock, ledger, reset: () => ledger.reset()};
    const server = await listen(recording.answer, controlled, deps);
    const then = (end: () => Promise<void>) => async (): Promise<void> => {
      await end();
      await cleanUp();
    };
    const close = then(() => server.close());
    return {...server, drain: then(() => server.drain()), close, [Symbol.asyncDispose]: close};
  } catch (error) {
    await cleanUp();
    throw error;
  }
}
