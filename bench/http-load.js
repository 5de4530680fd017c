// A process of its own that sends requests and measures: `node http-load.js '{"url", "headers", "body", "seconds", "rate" | "concurrency"}'`.
// With a rate it is an open loop: each request is sent when it is due, and measured from then, however the others fare.
import {Pool} from 'undici';

const {url, headers, body, seconds, rate, concurrency} = JSON.parse(process.argv[2]);
const {origin, pathname, search} = new URL(url);
const pool = new Pool(origin, {connections: concurrency ?? 256, pipelining: 1});
const latencies = [];
let errors = 0;

async function send(dueMs) {
  try {
    const reply = await pool.request({
      path: pathname + search,
      method: 'POST',
      headers: {'content-type': 'application/json', ...headers},
      body,
    });
    const text = await reply.body.text();
    if (reply.statusCode !== 200 || !text.includes('"choices"')) errors += 1;
  } catch {
    errors += 1;
  }
  latencies.push(performance.now() - dueMs);
}

async function openLoop() {
  const startMs = performance.now();
  const total = rate * seconds;
  const pending = [];
  while (pending.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) * rate) / 1000) + 1);
    while (pending.length < due) pending.push(send(startMs + (pending.length * 1000) / rate));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
}

async function closedLoop() {
  const endMs = performance.now() + seconds * 1000;
  const worker = async () => {
    while (performance.now() < endMs) await send(performance.now());
  };
  await Promise.all(Array.from({length: concurrency}, worker));
}

await (rate === undefined ? closedLoop() : openLoop());
await pool.close();
latencies.sort((a, b) => a - b);
const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
console.log(JSON.stringify({count: latencies.length, errors, p50: at(0.5), p99: at(0.99)}));
