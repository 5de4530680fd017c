import {PassThrough} from 'node:stream';
import {stripVTControlCharacters} from 'node:util';
import {describe, expect, it} from 'vitest';
import {PaceMeter, type ProgressSnapshot} from '../../src/cli/progress/progress-snapshot.ts';
import {chooseStyle, createProgressView} from '../../src/cli/progress/progress-view.ts';
import {duration, renderBar, renderJsonLine, renderLogLine} from '../../src/cli/progress/render-progress.ts';
import {captureIo} from '../helpers/capture-io.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

const snapshot: ProgressSnapshot = {
  total: 1000,
  done: 240,
  failed: 10,
  inFlight: 64,
  tokens: 123_456,
  meanReward: 0.8125,
};
// What readline asks of a terminal beside being written to.
const terminalMembers = {isTTY: true, columns: 80, rows: 24};
const pace = {perSecond: 52.34, secondsLeft: 250, secondsStill: 0};

const halted = {perSecond: 0, secondsLeft: undefined};

describe('a progress line', () => {
  it('says done, failed, in flight, rate, time left, reward and tokens', () => {
    expect(renderLogLine(snapshot, pace)).toBe(
      '240/1,000 · 10 failed · 64 in flight · 52.3/s · ETA 4m10s · reward 0.813 · 123k tok',
    );
  });

  it('shows a quarter of the bar when a quarter has ended', () => {
    expect(renderBar(snapshot, pace, 120)).toMatch(/^█{6}░{18} 240\/1,000 · 10 failed/);
  });

  it.each([120, 80, 60, 40, 20, 5])('never is wider than a terminal of %i columns', (columns) => {
    expect(renderBar(snapshot, pace, columns).length).toBeLessThan(columns);
  });

  it('says nothing of a reward before there is one, nor of time left without a rate', () => {
    const line = renderLogLine({...snapshot, meanReward: undefined}, {...pace, ...halted});
    expect(line).toBe('240/1,000 · 10 failed · 64 in flight · 0.0/s · ETA – · 123k tok');
  });

  it('is one JSON object for machines', () => {
    expect(JSON.parse(renderJsonLine(snapshot, pace))).toEqual({
      event: 'progress',
      total: 1000,
      done: 240,
      failed: 10,
      in_flight: 64,
      per_second: 52.34,
      still_s: 0,
      hold: null,
      eta_s: 250,
      tokens: 123_456,
      cost_usd: null,
      projected_tokens: null,
      projected_cost_usd: null,
      mean_reward: 0.8125,
    });
  });

  it('says what calls wait for, a cool-down or a quota, and for how long', () => {
    const coolDown = {name: 'policy_model/west', leftMs: 74_200, because: 'ERR_MODEL_RATE_LIMIT'};
    const waiting = {...snapshot, hold: coolDown};
    expect(renderLogLine(waiting, {...pace, ...halted})).toContain(
      '240/1,000 · waiting 1m15s for policy_model/west (rate limit) · 10 failed · 64 in flight · 0.0/s',
    );
    const quota = {...coolDown, because: undefined};
    expect(renderLogLine({...snapshot, hold: quota}, pace)).toContain(
      'waiting 1m15s for quota of policy_model/west ·',
    );
    expect(JSON.parse(renderJsonLine(waiting, pace))).toMatchObject({
      hold: {deployment: 'policy_model/west', seconds: 75, because: 'ERR_MODEL_RATE_LIMIT'},
    });
    expect(renderBar(waiting, pace, 100)).toContain(
      'waiting 1m15s for policy_model/west (rate l… · 10 failed',
    );
    expect(renderBar(waiting, pace, 45)).toContain('waiting 1m15s · 10 failed');
    // In a run that is bound by its quota somebody always waits a little.
    expect(renderLogLine({...snapshot, hold: {...quota, leftMs: 900}}, pace)).not.toContain('waiting');
  });

  it('says for how long none has ended where nothing else tells why', () => {
    const still = {...pace, ...halted, secondsStill: 170};
    expect(renderLogLine(snapshot, still)).toContain('240/1,000 · none ended for 2m50s · 10 failed · ');
    expect(renderLogLine({...snapshot, inFlight: 0}, still)).not.toContain('none ended');
    expect(renderLogLine(snapshot, {...still, secondsStill: 29})).not.toContain('none ended');
  });

  it('says what it costs, and what it will come to, once that is known', () => {
    const known = {...snapshot, costUsd: 1.5, projectedTokens: 500_400.4, projectedCostUsd: 6.07};
    expect(renderLogLine(known, pace)).toMatch(/ · 123k of ~500k tok · \$1\.50 of ~\$6\.07$/);
    expect(JSON.parse(renderJsonLine(known, pace))).toMatchObject({
      cost_usd: 1.5,
      projected_tokens: 500_400,
      projected_cost_usd: 6.07,
    });
    expect(renderLogLine({...snapshot, costUsd: 1.5}, pace)).toMatch(/ · 123k tok · \$1\.50$/);
  });

  it.each([
    [0.2, '1s'],
    [59, '59s'],
    [250, '4m10s'],
    [7500, '2h05m'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('the pace', () => {
  const at = (meter: PaceMeter, seconds: number, more: Partial<ProgressSnapshot>) =>
    meter.read({...snapshot, failed: 0, ...more}, seconds * 1000);

  it('is that of the last half minute', () => {
    const meter = new PaceMeter();
    at(meter, 0, {done: 0});
    expect(at(meter, 10, {done: 100})).toEqual({perSecond: 10, secondsLeft: 90, secondsStill: 0});
    at(meter, 20, {done: 100});
    at(meter, 30, {done: 100});
    expect(at(meter, 40, {done: 100}).perSecond).toBe(0);
  });

  it('tells for how long none has ended', () => {
    const meter = new PaceMeter();
    at(meter, 0, {done: 0});
    at(meter, 10, {done: 1});
    expect(at(meter, 45, {done: 1}).secondsStill).toBe(35);
    expect(at(meter, 50, {done: 1, failed: 1}).secondsStill).toBe(0);
  });

  it('tells the time left by two minutes, so that a pause for quota does not change it', () => {
    const meter = new PaceMeter();
    for (let second = 0; second < 120; second += 10) at(meter, second, {done: second < 60 ? 100 : 200});
    expect(at(meter, 120, {done: 300}).secondsLeft).toBeCloseTo(420, 0);
    expect(at(meter, 150, {done: 300}).secondsLeft).toBeCloseTo(420, 0);
    expect(at(meter, 1000, {done: 300}).secondsLeft).toBeUndefined();
  });

  it('tells the time left by tokens once it is known how many there will be', () => {
    const meter = new PaceMeter();
    at(meter, 0, {done: 0, tokens: 0});
    const long = {done: 500, tokens: 10_000, projectedTokens: 110_000};
    expect(at(meter, 10, long).secondsLeft).toBeCloseTo(100, 6);
  });
});

describe('the progress view', () => {
  it.each([
    {wanted: 'auto', interactive: true, style: 'bar'},
    {wanted: 'auto', interactive: false, style: 'log'},
    {wanted: 'json', interactive: true, style: 'json'},
  ] as const)('is $style for $wanted, interactive: $interactive', ({wanted, interactive, style}) => {
    expect(chooseStyle(wanted, {interactive})).toBe(style);
  });

  it('writes a line every ten seconds where there is no terminal, and none once stopped', async () => {
    const io = captureIo();
    const clock = createFakeClock();
    const view = createProgressView('log', io, clock);
    view.start(() => snapshot);
    await clock.advance(20_000);
    view.stop();
    await clock.advance(60_000);
    expect(io.err().trim().split('\n')).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('writes log lines instead of a bar where there is no terminal, and loses no other line', async () => {
    const io = captureIo();
    const clock = createFakeClock();
    const view = createProgressView('bar', io, clock);
    view.start(() => snapshot);
    view.writeLine('a warning');
    await clock.advance(10_000);
    view.stop();
    expect(io.err()).toMatch(/^a warning\n240\/1,000 · [^\n]*\n$/);
  });

  it('shows a bar on a terminal, with every other line above it, the last one included', async () => {
    const io = captureIo({terminal: true, stderr: Object.assign(new PassThrough(), terminalMembers)});
    let shown = '';
    io.stderr.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const view = createProgressView('bar', io, createFakeClock());
    view.writeLine('before');
    view.start(() => snapshot);
    view.writeLine('a last word');
    view.stop();
    await new Promise((resolve) => setImmediate(resolve));
    // The terminal is not told to cut long lines at its edge.
    expect(shown).not.toContain('\u001b[?7l');
    expect(stripVTControlCharacters(shown)).toMatch(/^before\n.*a last word\n.*240\/1,000 · 10 failed/s);
  });

  it('writes nothing of its own with none, but lets other lines pass', async () => {
    const io = captureIo();
    const clock = createFakeClock();
    const view = createProgressView('none', io, clock);
    view.start(() => snapshot);
    view.writeLine('a warning');
    await clock.advance(60_000);
    expect(io.err()).toBe('a warning\n');
  });
});
