import {createHash} from 'node:crypto';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {Writable} from 'node:stream';
import {describe, expect, it} from 'vitest';
import type {Outcome} from '../../src/core/rollout.ts';
import {encodeFailure, encodeRollout} from '../../src/store/encode-record.ts';
import {outputPaths} from '../../src/store/output-paths.ts';
import {createStreamSink, openSink} from '../../src/store/sink.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {faultyFiles, systemError} from '../runtime/faulty-file.ts';
import {completedOutcome, failedOutcome, rolloutOf} from './outcomes.ts';

const same = (text: string): string => text;

describe('openSink', () => {
  it('puts completed rollouts into the output and failed ones beside it', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const sink = await openSink({paths, clock: createFakeClock(), redact: same, append: false});
    const [done, failed] = [completedOutcome(rolloutOf(0)), failedOutcome(rolloutOf(1))];
    await sink.write(done);
    await sink.write(failed);
    await sink.close();
    expect(await readFile(paths.output, 'utf8')).toBe(`${encodeRollout(done)}\n`);
    expect(await readFile(paths.failures, 'utf8')).toBe(`${encodeFailure(failed)}\n`);
  });

  it('has a checkpoint of the output’s lines when all is closed, and none after a failure', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('sub/out.jsonl'));
    const options = {paths, clock: createFakeClock(), redact: same, append: true};
    await mkdir(folder.file('sub'));
    const sink = await openSink(options);
    await sink.write(completedOutcome(rolloutOf(0)));
    expect(sink.chainHead).toBeUndefined();
    await sink.close();
    const text = await readFile(paths.output);
    const sha256 = createHash('sha256').update(Buffer.alloc(32)).update(text).digest('hex');
    expect(sink.chainHead).toEqual({lines: 1, bytes: text.length, sha256});
    expect(await readFile(paths.chain, 'utf8')).toBe(`${JSON.stringify(sink.chainHead)}\n`);
    const failing = await openSink({...options, chainHead: sink.chainHead});
    await failing.write(completedOutcome(rolloutOf(1)));
    await rm(folder.file('sub'), {recursive: true});
    await expect(failing.close()).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
    expect(failing.chainHead).toBeUndefined();
  });

  it('makes both files even if they stay empty, and takes secrets out', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const redact = (text: string): string => text.replaceAll('resp_1', '****');
    const sink = await openSink({paths, clock: createFakeClock(), redact, append: false});
    expect(await readFile(paths.failures, 'utf8')).toBe('');
    await sink.write(completedOutcome(rolloutOf(0)));
    await sink.close();
    expect(await readFile(paths.output, 'utf8')).toContain('"id":"****"');
  });

  it('goes on with what is there when told to, and refuses otherwise', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    await writeFile(paths.output, 'old\n');
    const options = {paths, clock: createFakeClock(), redact: same};
    await expect(openSink({...options, append: false})).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
    const sink = await openSink({...options, append: true});
    await sink.write(completedOutcome(rolloutOf(0)));
    await sink.close();
    expect((await readFile(paths.output, 'utf8')).split('\n')).toHaveLength(3);
  });
});

describe('a sink that cannot write', () => {
  it.each([
    {broken: 'out.jsonl', lost: 'completed', kept: {output: 0, failures: 1}},
    {broken: 'out_failures.jsonl', lost: 'failed', kept: {output: 2, failures: 0}},
  ])('$broken says that $lost rollouts are lost, and keeps the others', async ({broken, lost, kept}) => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const clock = createFakeClock();
    const told: string[] = [];
    const sink = await openSink({
      paths,
      clock,
      redact: same,
      append: true,
      onFailure: (_, status) => told.push(status),
      openFile: faultyFiles((path) =>
        path.endsWith(broken) ? {appendFile: () => Promise.reject(systemError('EIO', 'write'))} : {},
      ),
    });
    const write = async (outcome: Outcome): Promise<void> => await sink.write(outcome);
    await write(completedOutcome(rolloutOf(0)));
    await write(failedOutcome(rolloutOf(1)));
    await clock.advance(50);
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const later = await Promise.allSettled([
      write(completedOutcome(rolloutOf(2))),
      write(failedOutcome(rolloutOf(3))),
    ]);
    expect(later.map(({status}) => status)).toEqual([
      lost === 'completed' ? 'rejected' : 'fulfilled',
      'fulfilled',
    ]);
    await expect(sink.close()).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
    expect(told).toEqual([lost]);
    const lines = async (path: string): Promise<number> =>
      (await readFile(path, 'utf8')).split('\n').length - 1;
    expect(await lines(paths.output)).toBe(kept.output);
    expect(await lines(paths.failures)).toBeGreaterThanOrEqual(kept.failures);
  });
});

describe('createStreamSink', () => {
  it('writes completed rollouts only, and leaves the stream open', async () => {
    const chunks: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk.toString());
        done();
      },
    });
    const sink = createStreamSink(stream, {clock: createFakeClock(), redact: same});
    await sink.write(failedOutcome(rolloutOf(1)));
    await sink.write(completedOutcome(rolloutOf(0)));
    await sink.close();
    expect(chunks.join('')).toBe(`${encodeRollout(completedOutcome(rolloutOf(0)))}\n`);
    expect(stream.writable).toBe(true);
  });
});
