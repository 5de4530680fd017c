import type {Readable, Writable} from 'node:stream';
import type {Clock, Random} from '../core/clock.ts';
import type {Logger} from '../core/ports.ts';
import type {Redactor} from '../core/redact.ts';

/** What a run takes from the world around it. */
export interface AppEnvironment {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly clock: Clock;
  /** The same, but for the times in which this process stood still: for limits on others. */
  readonly awake: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Learns the secrets of the configuration; the logger writes through it. */
  readonly redactor: Redactor;
}
