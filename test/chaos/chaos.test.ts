import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {expect, it} from 'vitest';

it('nothing is lost, doubled or invented when the collector is killed at random moments amid faults', async () => {
  const args = [join(import.meta.dirname, 'chaos.js'), '--kills', '3', '--rows', '60', '--seed', '11'];
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']});
  const stdout = await text(child.stdout);
  expect(stdout).toMatch(/3 of them killed[\s\S]*Nothing lost, nothing twice, nothing invented/);
}, 180_000);
