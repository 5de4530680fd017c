import type {Socket} from 'node:net';
import {completion, response, streamReply} from '../azure/open-wire.ts';
import {openScriptedServer, reply, type ScriptedServer} from '../azure/scripted-server.ts';

/** A resource each deployment of which does what its script says; one without a script answers `4`. */
export interface ScriptedResource extends ScriptedServer {
  /** The requests to one deployment, whole. */
  asked(deployment: string): readonly string[];
}

export type Script = string | ((socket: Socket, request: string, index: number) => void);

/** Opens the resource; `index` counts a deployment's own requests. */
export async function openResource(scripts: Readonly<Record<string, Script>>): Promise<ScriptedResource> {
  const asked = new Map<string, string[]>();
  const server = await openScriptedServer((socket, request) => {
    const deployment = deploymentOf(request);
    const list = asked.get(deployment) ?? [];
    asked.set(deployment, list);
    const index = list.push(request) - 1;
    const script = scripts[deployment] ?? answerTo(request);
    if (typeof script === 'string') socket.write(script);
    else script(socket, request, index);
  });
  return {
    ...server,
    asked: (deployment) => asked.get(deployment) ?? [],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A whole reply of the API that was asked. */
export function answerTo(request: string): string {
  return reply(200, isChat(request) ? completion : response, {'x-request-id': 'req-ok'});
}

export function isChat(request: string): boolean {
  return /^POST \S*\/chat\/completions/.test(request);
}

/** An event stream of Responses, up to its end or without one. */
export function responsesEvents(isWhole: boolean): readonly unknown[] {
  const begun = {...response, status: 'in_progress', output: []};
  const item = {type: 'message', id: 'm', role: 'assistant', status: 'in_progress', content: []};
  const part = {type: 'output_text', text: '', annotations: []};
  const at = {item_id: 'm', output_index: 0, content_index: 0};
  const events = [
    {type: 'response.created', response: begun},
    {type: 'response.output_item.added', output_index: 0, item},
    {type: 'response.content_part.added', ...at, part},
    {type: 'response.output_text.delta', ...at, delta: '4'},
    ...(isWhole ? [{type: 'response.completed', response}] : []),
  ];
  return events.map((event, index) => ({...event, sequence_number: index}));
}

/** A whole stream of Responses events, as their server sends it. */
export function responsesStream(isWhole = true): string {
  return streamReply(responsesEvents(isWhole));
}

function deploymentOf(request: string): string {
  const inPath = /^POST \S*\/deployments\/([^/]+)\//.exec(request)?.[1];
  return inPath ?? /"model":"([^"]*)"/.exec(request)?.[1] ?? '';
}
