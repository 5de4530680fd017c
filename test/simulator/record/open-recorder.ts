import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import type {Clock} from '../../../src/core/clock.ts';
import type {JsonObject} from '../../../src/core/json.ts';
import type {Logger} from '../../../src/core/ports.ts';
import {parseUpstream} from '../../../src/simulator/record/parse-upstream.ts';
import {startRecorder} from '../../../src/simulator/record/start-recorder.ts';
import {type Replayer, startReplayer} from '../../../src/simulator/replay/start-replayer.ts';
import {parseSimulatorSettings} from '../../../src/simulator/settings/parse-simulator-settings.ts';
import type {Simulator} from '../../../src/simulator/simulator.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';

interface Options {
  readonly folder: string;
  readonly clock?: Clock;
  readonly settings?: JsonObject;
  readonly token?: string;
  readonly port?: number;
  readonly logger?: Logger;
}

/** A recorder on a free port, in front of `upstream`. */
export function openRecorder(upstream: string, options: Options): Promise<Simulator> {
  const {folder, settings = {}} = options;
  return startRecorder(parse(settings), {folder, upstream: parseUpstream(upstream)}, deps(options));
}

/** A replayer on a free port. */
export function openReplayer({
  latency = 'none',
  ...options
}: Options & {readonly latency?: 'recorded' | 'none'}): Promise<Replayer> {
  const {folder, settings = {}} = options;
  return startReplayer(parse(settings), {folder, latency}, deps(options));
}

/** The files of a folder, by name. */
export function filesIn(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

/** No file of the folder, and no name, holds any of the secrets in any spelling. */
export function expectNoSecret(folder: string, ...secrets: readonly string[]): void {
  const all = JSON.stringify(filesIn(folder));
  for (const secret of secrets)
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
      expect(all, form).not.toContain(form);
}

function parse(settings: JsonObject) {
  return parseSimulatorSettings({allow_undefined_deployments: true, ...settings}, {sourceDir: '/'});
}

function deps({clock = createFakeClock(), token, logger, port = 0}: Options) {
  return {clock, host: '127.0.0.1', port, token, logger};
}
