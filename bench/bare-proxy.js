// The least that can stand between a client and a service: node:http in front, undici behind, bytes passed on as they are.
// `node bare-proxy.js ORIGIN PATH API-KEY` prints its URL.
import {createServer} from 'node:http';
import {Pool} from 'undici';

const [origin, path, key] = process.argv.slice(2);
const pool = new Pool(origin, {connections: 256, pipelining: 1});
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const reply = await pool.request({
      path,
      method: 'POST',
      headers: {'content-type': 'application/json', 'api-key': key},
      body: Buffer.concat(chunks),
    });
    const body = Buffer.from(await reply.body.arrayBuffer());
    response.writeHead(reply.statusCode, {
      'content-type': 'application/json',
      'content-length': body.length,
    });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({servers: [{url: `http://127.0.0.1:${server.address().port}`}]}));
});
