import {describe, expect, it} from 'vitest';
import {createTurns} from '../../src/runtime/turns.ts';

describe('turns', () => {
  it('come one in each round of the event loop, in the order in which they were asked for', async () => {
    const takeTurn = createTurns();
    const happened: string[] = [];
    const rounds = (async () => {
      for (let round = 0; round < 4; round++) {
        await new Promise(setImmediate);
        happened.push('round');
      }
    })();
    await Promise.all(['one', 'two', 'three'].map((name) => takeTurn().then(() => happened.push(name))));
    await rounds;
    expect(happened).toEqual(['round', 'one', 'round', 'two', 'round', 'three', 'round']);
    await takeTurn();
  });
});
