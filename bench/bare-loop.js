// The least a collector can do, and so the limit: read JSONL, send with undici, parse the reply, append a line; no journal, no
// checks, no resume. `node bare-loop.js '{"url", "deployment", "input", "output", "concurrency", "waits"}'`; with `waits` a 429 is
// tried again when the server says, on each worker's own account.
import {once} from 'node:events';
import {createReadStream, createWriteStream} from 'node:fs';
import {createInterface} from 'node:readline';
import {setTimeout as wait} from 'node:timers/promises';
import {Pool} from 'undici';

const {url, deployment, input, output, concurrency, waits = false} = JSON.parse(process.argv[2]);
const path = `/openai/deployments/${deployment}/chat/completions?api-version=2024-10-21`;
const headers = {'content-type': 'application/json', 'api-key': 'key-of-the-benchmark'};
const pool = new Pool(url, {connections: concurrency, pipelining: 1});
const sink = createWriteStream(output);
const lines = createInterface({input: createReadStream(input)})[Symbol.asyncIterator]();
let drained;

await Promise.all(Array.from({length: concurrency}, work));
sink.end();
await once(sink, 'finish');
await pool.close();

async function work() {
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const row = JSON.parse(line.value);
    const completion = await ask(row.responses_create_params);
    await append(`${JSON.stringify({...row, response: completion})}\n`);
  }
}

async function ask({input: messages, max_output_tokens: maxTokens}) {
  const body = JSON.stringify({messages, max_tokens: maxTokens});
  for (;;) {
    const reply = await pool.request({path, method: 'POST', headers, body});
    const text = await reply.body.text();
    if (reply.statusCode === 200) return JSON.parse(text);
    if (reply.statusCode !== 429 || !waits) throw new Error(`${reply.statusCode}: ${text}`);
    await wait(Number(reply.headers['retry-after-ms'] ?? 1000));
  }
}

function append(line) {
  if (sink.write(line)) return undefined;
  drained ??= once(sink, 'drain').then(() => (drained = undefined));
  return drained;
}
