import {PassThrough} from 'node:stream';
import type {Io} from '../../src/cli/io.ts';

export interface CapturedIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
}

/** The program's surroundings, with what it writes kept. */
export function captureIo(about: Partial<Io> = {}): CapturedIo {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let out = '';
  let err = '';
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return {
    stdin: new PassThrough().end(),
    stdout,
    stderr,
    env: {},
    cwd: process.cwd(),
    terminal: false,
    interactive: false,
    colour: false,
    columns: () => 80,
    out: () => out,
    err: () => err,
    ...about,
  };
}
