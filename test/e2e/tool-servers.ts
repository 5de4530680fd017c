import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {text} from 'node:stream/consumers';
import {asJsonArray, isJsonObject, type JsonObject} from '../../src/core/json.ts';

export interface ScriptedPeer extends AsyncDisposable {
  readonly url: string;
}

type Reply = readonly [body: JsonObject | string, status?: number, headers?: Record<string, string>];

/** A deployment whose next turn depends on the conversation's messages. */
export function openDeploymentOf(
  turn: (messages: readonly JsonObject[], body: JsonObject) => JsonObject,
): Promise<ScriptedPeer> {
  return open((_, body) => {
    const messages = asJsonArray(body['messages']).filter(isJsonObject);
    const message = {role: 'assistant', content: null, ...turn(messages, body)};
    const usage = {prompt_tokens: 10, completion_tokens: 1, total_tokens: 11};
    const choices = [{index: 0, finish_reason: 'tool_calls' in message ? 'tool_calls' : 'stop', message}];
    return [{id: 'c', object: 'chat.completion', created: 1, model: 'gpt', choices, usage}];
  });
}

/** A resources server of NeMo Gym's kind whose tools are `handlers`; its verdict counts what was called in a session. */
export function openToolsOf(
  handlers: Readonly<Record<string, (args: JsonObject) => Reply>>,
): Promise<ScriptedPeer & {readonly called: string[]}> {
  const called: string[] = [];
  const calls = new Map<string, number>();
  let sessions = 0;
  const opened = open((request, body) => {
    const {url = ''} = request;
    const session = request.headers.cookie ?? '';
    called.push(url);
    if (url === '/seed_session') return [{}, 200, {'set-cookie': `s=${String(++sessions)}; Path=/`}];
    if (url === '/verify') return [{...body, reward: calls.get(session) ?? 0}];
    calls.set(session, (calls.get(session) ?? 0) + 1);
    return handlers[url.slice(1)]?.(body) ?? [{detail: 'Not Found'}, 404];
  });
  return opened.then((peer) => ({...peer, called, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]()}));
}

async function open(answer: (request: IncomingMessage, body: JsonObject) => Reply): Promise<ScriptedPeer> {
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const [body, status = 200, headers = {}] = answer(request, JSON.parse(sent) as JsonObject);
      response.writeHead(status, {'content-type': 'application/json', ...headers});
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
