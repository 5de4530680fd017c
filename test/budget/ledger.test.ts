import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type Amount, type Caps, Ledger} from '../../src/budget/ledger.ts';

const dollars = (costUsd: number): Amount => ({tokens: 0, costUsd});
const capOf = (costUsd: number): Caps => ({tokens: undefined, costUsd});

describe('the ledger', () => {
  it('lets start what fits beside what is spent and reserved, and no more', () => {
    const ledger = new Ledger(capOf(10));
    expect([4, 4, 4].map((cost) => ledger.decide(dollars(cost), false))).toEqual(['start', 'start', 'wait']);
    ledger.settle(dollars(4), dollars(1));
    expect(ledger.decide(dollars(4), false)).toBe('start');
    expect([ledger.spent.costUsd, ledger.reserved.costUsd]).toEqual([1, 8]);
  });

  it('ends the run when nobody is in flight who could make room', () => {
    const ledger = new Ledger(capOf(10));
    ledger.book(dollars(7));
    expect(ledger.decide(dollars(4), false)).toBe('stop');
    expect(ledger.shortOf).toBe('max_cost');
  });

  it('names the cap that is short', () => {
    const ledger = new Ledger({tokens: 100, costUsd: 10});
    expect(ledger.decide({tokens: 101, costUsd: 1}, false)).toBe('stop');
    expect(ledger.shortOf).toBe('max_tokens_total');
  });

  it('lets a mere guess start alone while something is left, but not beside others', () => {
    const ledger = new Ledger(capOf(10));
    expect(ledger.decide(dollars(500), true)).toBe('start');
    expect(ledger.decide(dollars(500), true)).toBe('wait');
    ledger.settle(dollars(500), dollars(10));
    expect(ledger.decide(dollars(500), true)).toBe('stop');
  });

  const rollout = fc.record({
    estimate: fc.double({min: 0, max: 20, noNaN: true}),
    used: fc.double({min: 0, max: 20, noNaN: true}),
    // Which of those in flight ends before it is asked about again.
    ends: fc.nat(),
  });

  it('never passes its cap by more than those in flight use beyond their estimates, for all estimates and uses', () => {
    fc.assert(
      fc.property(
        fc.array(rollout, {maxLength: 60}),
        fc.double({min: 0, max: 100, noNaN: true}),
        (rollouts, cap) => {
          const ledger = new Ledger(capOf(cap));
          const inFlight: {estimate: number; used: number}[] = [];
          // What those that were in flight when somebody last started used too much.
          let error = 0;
          const end = (which: number): void => {
            const [ended] = inFlight.splice(which % inFlight.length, 1);
            if (ended !== undefined) ledger.settle(dollars(ended.estimate), dollars(ended.used));
          };
          for (const {estimate, used, ends} of rollouts) {
            let decision = ledger.decide(dollars(estimate), false);
            while (decision === 'wait') {
              expect(inFlight.length).toBeGreaterThan(0);
              end(ends);
              decision = ledger.decide(dollars(estimate), false);
            }
            if (decision === 'stop') {
              expect(inFlight).toEqual([]);
              expect(ledger.spent.costUsd + estimate).toBeGreaterThan(cap);
              break;
            }
            inFlight.push({estimate, used});
            expect(ledger.spent.costUsd + ledger.reserved.costUsd).toBeLessThanOrEqual(cap + 1e-9);
            error = inFlight.reduce((sum, each) => sum + Math.max(0, each.used - each.estimate), 0);
          }
          while (inFlight.length > 0) end(0);
          expect(ledger.spent.costUsd).toBeLessThanOrEqual(cap + error + 1e-9);
        },
      ),
    );
  });
});
