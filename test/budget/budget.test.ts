import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {AgentTerms} from '../../src/budget/agent-terms.ts';
import {Budget} from '../../src/budget/budget.ts';
import type {Caps} from '../../src/budget/ledger.ts';
import {withinBudget} from '../../src/budget/within-budget.ts';
import {collectRollouts} from '../../src/collect/collect-rollouts.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError} from '../../src/core/errors.ts';
import type {RolloutRunner} from '../../src/core/ports.ts';
import type {Outcome, Rollout} from '../../src/core/rollout.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

const dollarAToken = {input: 1_000_000, cachedInput: 1_000_000, output: 1_000_000};
const terms: AgentTerms = {price: dollarAToken, isRemote: false, judge: undefined};

interface Scene {
  readonly caps: Partial<Caps>;
  /** Tokens of each answer, and what the request allows; its prompt has about 10. */
  readonly outputs: readonly number[];
  readonly maxOutputTokens?: number;
  readonly concurrency?: number;
  /** Tokens of the prompt and answer of a copy that is broken off beside each answer. */
  readonly copyTokens?: number;
  /** Every so many rollouts fail though the policy answered. */
  readonly failEvery?: number;
}

/** Runs a collection in virtual time; an answer takes ten milliseconds a token. */
function run({caps, outputs, maxOutputTokens, concurrency = 8, failEvery = 0, copyTokens}: Scene) {
  const clock = createFakeClock();
  const stop = new CancellationSource();
  const budget = new Budget({
    caps: {tokens: undefined, costUsd: undefined, ...caps},
    termsOf: () => terms,
    stop,
  });
  let most = 0;
  let inFlight = 0;
  const runner: RolloutRunner = async (rollout) => {
    const output = outputs[rollout.id.taskIndex] ?? 0;
    most = Math.max(most, ++inFlight);
    await new Promise<void>((resolve) => clock.setTimer(output * 10, resolve));
    inFlight--;
    const spent = {inputTokens: 10, outputTokens: output, costUsd: 10 + output};
    const ifAnswered = {inputTokens: 0, outputTokens: copyTokens ?? 0, costUsd: copyTokens ?? 0};
    const hedged = copyTokens === undefined ? undefined : [{deployment: 'gpt', ifAnswered, callMs: 5}];
    const trace = {deployment: 'gpt', calls: 1, queuedMs: 0, callMs: output * 10, spent, hedged};
    if (failEvery > 0 && rollout.id.taskIndex % failEvery === 0) {
      const error = new CallError('no', {code: 'ERR_JUDGE_CALL', fault: 'judge', effect: 'retry'});
      return {status: 'failed', rollout, error, response: {}, trace};
    }
    return {status: 'completed', rollout, response: {}, trace, verification: undefined, judgeMs: 0};
  };
  const written: Outcome[] = [];
  const metered = budget.metering(runner);
  let end: unknown;
  void collectRollouts(
    withinBudget(rollouts(outputs.length, maxOutputTokens), budget),
    {concurrency, answeredBefore: true, drain: stop, abort: new CancellationSource()},
    {
      runnerOf: () => metered,
      sink: {write: (outcome) => Promise.resolve(void written.push(outcome)), close: () => Promise.resolve()},
    },
    {onStart: () => undefined, onOutcome: () => undefined},
  ).then((kind) => (end = kind));
  return {clock, stop, budget, written, most: () => most, end: () => end};
}

async function* rollouts(count: number, max: number | undefined): AsyncGenerator<Rollout> {
  for (let taskIndex = 0; taskIndex < count; taskIndex++) {
    const row = {responses_create_params: {input: 'x'.repeat(12), ...(max && {max_output_tokens: max})}};
    const id = {taskIndex, rolloutIndex: 0};
    yield await Promise.resolve({id, agentName: 'a', attempt: 1, row, text: JSON.stringify(row)});
  }
}

const outputsOf = (count: number): number[] =>
  Array.from({length: count}, (_, index) => 5 + ((index * 7) % 20));

describe('a collection with a budget', () => {
  it('comes to its end without knowing one, where the budget is not reached', async () => {
    const {clock, budget, written, end} = run({caps: {costUsd: 1e6}, outputs: outputsOf(50)});
    await clock.advance(100_000);
    expect(end()).toEqual({kind: 'complete'});
    expect(written).toHaveLength(50);
    expect(budget.shortOf).toBeUndefined();
    expect(budget.spent.costUsd).toBe(outputsOf(50).reduce((sum, output) => sum + 10 + output, 0));
  });

  it.each([
    {name: 'costs', caps: {costUsd: 500}, shortOf: 'max_cost'},
    {name: 'tokens', caps: {tokens: 500}, shortOf: 'max_tokens_total'},
  ])('stops before the limit on $name and uses nearly all of it', async ({caps, shortOf}) => {
    const {clock, budget, written, end, stop} = run({
      caps,
      outputs: outputsOf(100),
      maxOutputTokens: 25,
    });
    await clock.advance(100_000);
    expect(end()).toEqual({kind: 'complete'});
    expect(budget.shortOf).toBe(shortOf);
    expect(budget.spent.tokens).toBeLessThanOrEqual(500);
    expect(budget.spent.tokens).toBeGreaterThan(450);
    expect(written.length).toBeLessThan(30);
    budget.release();
    expect([clock.pendingTimers, stop.listenerCount]).toEqual([0, 0]);
  });

  it('counts what failed rollouts used whose policy answered', async () => {
    const {clock, budget} = run({
      caps: {tokens: 500},
      outputs: outputsOf(100),
      maxOutputTokens: 25,
      failEvery: 2,
    });
    await clock.advance(100_000);
    expect(budget.spent.tokens).toBeLessThanOrEqual(500);
    expect(budget.spent.tokens).toBeGreaterThan(450);
  });

  it('counts copies of calls that were broken off as answers like those that were kept', async () => {
    const scene = {caps: {tokens: 500}, outputs: outputsOf(100), maxOutputTokens: 25, concurrency: 1};
    const [plain, hedged] = [run(scene), run({...scene, copyTokens: 20})];
    for (const {clock} of [plain, hedged]) await clock.advance(100_000);
    const answered = ({written}: typeof plain) =>
      written.reduce((sum, {trace}) => sum + 10 + (trace?.spent?.outputTokens ?? 0), 0);
    expect(hedged.budget.spent.tokens).toBe(answered(hedged) + 20 * hedged.written.length);
    expect(hedged.written.length).toBeLessThan(plain.written.length);
  });

  it('lets one go first where nothing tells how long answers are, if all at once might be too much', async () => {
    const outputs = Array.from({length: 40}, () => 3000);
    const {clock, budget, most} = run({caps: {tokens: 20_000}, outputs});
    await clock.advance(29_000);
    expect(most()).toBe(1);
    await clock.advance(1_000_000);
    expect(budget.spent.tokens).toBeLessThanOrEqual(20_000);
    expect(budget.spent.tokens).toBeGreaterThan(15_000);
  });

  it('holds nobody up where there is plenty', async () => {
    const {clock, most} = run({caps: {tokens: 10_000_000}, outputs: outputsOf(40)});
    await clock.advance(1);
    expect(most()).toBe(8);
  });

  it('lets go of those who wait when it is told to stop', async () => {
    const {clock, stop, end} = run({caps: {tokens: 100}, outputs: outputsOf(40), maxOutputTokens: 60});
    await clock.advance(1);
    stop.cancel();
    await clock.advance(1000);
    expect(end()).toEqual({kind: 'drained'});
  });

  it('never passes its cap where requests say how long their answers may be, for all answers and widths', async () => {
    const scenes = fc.record({
      outputs: fc.array(fc.integer({min: 0, max: 80}), {minLength: 1, maxLength: 40}),
      cap: fc.integer({min: 0, max: 2000}),
      concurrency: fc.integer({min: 1, max: 20}),
    });
    await fc.assert(
      fc.asyncProperty(scenes, async ({outputs, cap, concurrency}) => {
        const scene = run({caps: {tokens: cap}, outputs, maxOutputTokens: 80, concurrency});
        await scene.clock.advance(100_000);
        expect(scene.end()).toEqual({kind: 'complete'});
        expect(scene.budget.spent.tokens).toBeLessThanOrEqual(cap);
        expect(scene.written.length === outputs.length).toBe(scene.budget.shortOf === undefined);
      }),
      {numRuns: 60},
    );
  });
});
