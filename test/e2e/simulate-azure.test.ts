import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {request} from 'undici';
import {describe, expect, it, onTestFinished} from 'vitest';

const program = join(import.meta.dirname, '../../bin/rollcall.js');

describe('simulate-azure', () => {
  it('echoes for any deployment and key without a configuration, until told to stop', async () => {
    const child = spawn(process.execPath, [program, 'simulate-azure', '--port', '0', '--json'], {
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const {servers} = JSON.parse(line) as {servers: [{url: string; type: string}]};
    expect(servers[0].type).toBe('simulator');
    const url = `${servers[0].url}/openai/deployments/any/chat/completions?api-version=2024-10-21`;
    const {statusCode, body} = await request(url, {
      method: 'POST',
      headers: {'api-key': 'any'},
      body: JSON.stringify({messages: [{role: 'user', content: 'Say this.'}]}),
    });
    expect([statusCode, await body.json()]).toMatchObject([
      200,
      {choices: [{message: {content: 'Say this.'}}]},
    ]);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([143, null]);
  });
});
