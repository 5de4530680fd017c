import type {JsonObject} from '../../core/json.ts';
import {modelFamily} from '../checks/model-family.ts';
import type {Route} from '../checks/route.ts';
import {azureError} from './azure-error.ts';
import {jsonReply, type WholeReply} from './reply.ts';

/** Layer "models": the base models behind the deployments, as a list or one by its id. Like the service, it names no deployments. */
export function modelsReply(
  {surface, modelId}: Route,
  models: readonly string[],
  created: number,
): WholeReply {
  const describe = surface === 'v1' ? describeModel : describeDatedModel;
  const data = [...new Set(models)].map((model) => describe(model, created));
  if (modelId === undefined) return jsonReply(200, {object: 'list', data});
  const found = data.find(({id}) => id === modelId);
  return found === undefined
    ? azureError(404, `The model '${modelId}' does not exist`, {
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      })
    : jsonReply(200, found);
}

function describeModel(id: string, created: number): JsonObject {
  return {id, created, object: 'model', owned_by: 'azure'};
}

function describeDatedModel(id: string, created: number): JsonObject {
  const {responsesOnly, embedding} = modelFamily(id);
  return {
    capabilities: {
      fine_tune: false,
      inference: true,
      completion: false,
      chat_completion: !responsesOnly && embedding === undefined,
      embeddings: embedding !== undefined,
    },
    lifecycle_status: 'generally-available',
    deprecation: {inference: created + 31_536_000},
    id,
    status: 'succeeded',
    created_at: created,
    updated_at: created,
    object: 'model',
  };
}
