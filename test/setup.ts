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

afterEach(() => {
  process.off('warning', recordWarning);
  expect(warnings, 'unexpected process warnings').toEqual([]);
  expect(countServers(), 'servers left open by this test').toBeLessThanOrEqual(serversBefore);
});

function recordWarning(warning: Error): void {
  warnings.push(`${warning.name}: ${warning.message}`);
}
