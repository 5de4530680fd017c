// A deployment that costs next to nothing, so that what is measured is the client: it answers every POST with the same
// completion after a given time. HTTP is read just as far as that needs. `node answer-server.js LATENCY-MS` prints its URL;
// `GET /totals` tells the POSTs since it was last asked and the most at once.
import {createServer} from 'node:net';
import {answer} from './rows.js';

const latencyMs = Number(process.argv[2]);
const completion = toResponse({
  id: 'chatcmpl-benchmark',
  object: 'chat.completion',
  created: 1760000000,
  model: 'gpt-4o-2024-08-06',
  system_fingerprint: 'fp_benchmark',
  choices: [
    {
      index: 0,
      message: {role: 'assistant', content: answer, refusal: null},
      finish_reason: 'stop',
      logprobs: null,
    },
  ],
  usage: {prompt_tokens: 130, completion_tokens: 114, total_tokens: 244},
});
let totals = {requests: 0, mostAtOnce: 0};
let open = 0;

const server = createServer({noDelay: true}, (socket) => {
  let unread = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    for (let request = firstRequest(unread); request !== undefined; request = firstRequest(unread)) {
      unread = unread.subarray(request.length);
      reply(socket, request);
    }
  });
});
server.listen({host: '127.0.0.1', port: 0, backlog: 8192}, () => {
  console.log(JSON.stringify({servers: [{url: `http://127.0.0.1:${server.address().port}`}]}));
});

function firstRequest(bytes) {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.latin1Slice(0, headEnd);
  const length = headEnd + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return bytes.length < length ? undefined : {length, asksForTotals: head.startsWith('GET /totals ')};
}

function reply(socket, {asksForTotals}) {
  if (asksForTotals) {
    socket.write(toResponse(totals));
    totals = {requests: 0, mostAtOnce: open};
    return;
  }
  open += 1;
  totals.requests += 1;
  totals.mostAtOnce = Math.max(totals.mostAtOnce, open);
  if (latencyMs > 0) setTimeout(complete, latencyMs, socket);
  else complete(socket);
}

function complete(socket) {
  open -= 1;
  socket.write(completion);
}

function toResponse(body) {
  const text = JSON.stringify(body);
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
