import {exitCodes} from '../core/errors.ts';
import type {StopSignal} from '../runtime/signals.ts';

/** The contract's exit code of a program that a signal stopped. */
export function signalExitCode(signal: StopSignal): number {
  return signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
}
