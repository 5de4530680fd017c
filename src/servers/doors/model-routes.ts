import {asString, type JsonObject} from '../../core/json.ts';
import type {WireApi, WireModel} from '../../core/wire.ts';
import {RequestRefusal} from '../http/request-refusal.ts';
import type {ServiceReply, ServiceRequest, ServiceRoute} from '../http/service.ts';
import {checkModelRequest} from './check-model-request.ts';
import {toWireReply} from './wire-reply.ts';

export interface ModelRoutesOptions {
  /** The instance's name. */
  readonly name: string;
  /** Its deployment: the one model that it lists. */
  readonly deployment: string;
  readonly model: WireModel;
  /** When the model was made, as far as a client asks: seconds since 1970. */
  readonly created: number;
}

/**
 * The doors of a model server: chat completions and responses, whole or as events, and the list of its one model. Each stands
 * wherever clients look for it: below `/v1`, without it, and at the paths of Azure's clients. Whatever model or deployment a
 * client names, the server's own answers.
 */
export function modelRoutes(options: ModelRoutesOptions): readonly ServiceRoute[] {
  const {name, deployment} = options;
  const card = {id: deployment, object: 'model', created: options.created, owned_by: 'rollcall'};
  const list: ServiceReply = {body: {json: {object: 'list', data: [card]}}};
  const show = ({path}: ServiceRequest): ServiceReply => {
    const id = decodeId(path.slice(path.lastIndexOf('/models/') + '/models/'.length));
    if (id === deployment || id === name) return {body: {json: card}};
    throw unknownModel(id, deployment);
  };
  const doors: readonly ServiceRoute[] = [
    {method: 'POST', path: '/chat/completions', handle: (request) => answer('chat', request, options)},
    {method: 'POST', path: '/responses', handle: (request) => answer('responses', request, options)},
    {method: 'GET', path: '/models', handle: () => list},
    {method: 'GET', path: '/models/*', handle: show},
  ];
  return [
    {method: 'GET', path: '/', handle: () => ({body: {json: {status: 'ok'}}})},
    ...basePaths.flatMap((base) => doors.map((door) => ({...door, path: `${base}${door.path}`}))),
    {method: 'POST', path: `${datedPath}*`, handle: (request) => answerDated(request, options)},
  ];
}

const basePaths = ['', '/v1', '/openai', '/openai/v1'];
const datedPath = '/openai/deployments/';

/** Azure's dated surface has the deployment in its paths. */
function answerDated(request: ServiceRequest, options: ModelRoutesOptions): Promise<ServiceReply> {
  const {path} = request;
  if (path.endsWith('/chat/completions')) return answer('chat', request, options);
  throw new RequestRefusal(`Below ${datedPath} there is only …/chat/completions.`, {
    status: 404,
    code: 'not_found',
  });
}

async function answer(
  api: WireApi,
  {body, headers, cancellation, notes}: ServiceRequest,
  {name, deployment, model}: ModelRoutesOptions,
): Promise<ServiceReply> {
  Object.assign(notes, {operation: api, target: name, deployment, requestModel: asString(body?.['model'])});
  const request: JsonObject = checkModelRequest(api, body);
  const {authorization} = headers;
  return toWireReply({
    api,
    answer: await model({api, body: request, authorization}, {cancellation}),
    notes,
  });
}

function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unknownModel(id: string, deployment: string): RequestRefusal {
  return new RequestRefusal(
    `There is no model ${JSON.stringify(id)} here, only ${JSON.stringify(deployment)}.`,
    {
      status: 404,
      code: 'model_not_found',
      param: 'model',
    },
  );
}
