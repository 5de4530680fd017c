import {afterEach, beforeEach, expect} from 'vitest';

// What a test may not leave behind: an open server, a listener on the process, a warning nobody expected.
const warnings: string[] = [];
let serversBefore = 0;

function countServers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
}

beforeEach(() => {
  warnings.length = 0;
  serversBefore = countServers();
  process.on('warning', recordWarning);
});

afterEach(async () => {
  process.off('warning', recordWarning);
  expect(warnings, 'unexpected process warnings').toEqual([]);
  await closingHandles();
  expect(countServers(), 'servers left open by this test').toBeLessThanOrEqual(serversBefore);
});

function recordWarning(warning: Error): void {
  warnings.push(`${warning.name}: ${warning.message}`);
}

/** A closed handle is counted until the event loop has gone round. */
async function closingHandles(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
