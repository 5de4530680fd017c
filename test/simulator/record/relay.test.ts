import {Pool} from 'undici';
import {describe, expect, it} from 'vitest';
import {openServer} from '../../../src/runtime/http-server.ts';
import {type Relayed, relay} from '../../../src/simulator/record/relay.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {until} from '../open-simulator.ts';
import {rawExchange} from '../raw-exchange.ts';

describe('a relay', () => {
  it('passes on a reply that is too large to be kept, whole', async () => {
    await using resource = await openServer((_, response) => void response.end('x'.repeat(101)), {
      host: '127.0.0.1',
      port: 0,
    });
    const dispatcher = new Pool(resource.url);
    const heads: number[] = [];
    let relayed: Relayed | undefined;
    await using door = await openServer(
      (_, response) => {
        const options = {
          dispatcher,
          clock: createFakeClock(),
          mostBytes: 100,
          onHead: (status: number) => void heads.push(status),
        };
        const sent = {target: '/', method: 'GET', headers: [], body: Buffer.alloc(0)};
        void relay(sent, response, options).then((result) => (relayed = result));
      },
      {host: '127.0.0.1', port: 0},
    );
    const reply = await rawExchange(door.url, {method: 'GET', target: '/'});
    expect(reply).toMatchObject({status: 200, chunks: ['x'.repeat(101)]});
    await until(() => relayed !== undefined);
    expect([relayed, heads]).toEqual([{kind: 'too-large', status: 200}, [200]]);
    await dispatcher.destroy();
  });
});
