import type {AppEnvironment} from '../../src/app/environment.ts';
import {createRedactor} from '../../src/core/redact.ts';
import type {FakeClock} from '../helpers/fake-clock.ts';

/** What a run takes from the world: a folder and a clock; whatever it would say to people is dropped. */
export function environmentOf(cwd: string, clock: FakeClock): AppEnvironment {
  const ignore = (): void => undefined;
  const logger = {debug: ignore, info: ignore, warn: ignore, error: ignore};
  const {stdin, stdout} = process;
  return {
    cwd,
    env: {},
    stdin,
    stdout,
    clock,
    awake: clock,
    random: () => 0.5,
    logger,
    redactor: createRedactor(),
  };
}
