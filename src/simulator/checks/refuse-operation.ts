import {azureError} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';

/** The 400 of a deployment whose model is not made for what it is asked to do. */
export function refuseOperation(
  operation: 'chatCompletion' | 'embeddings' | 'responses',
  model: string,
): WholeReply {
  return azureError(
    400,
    `The ${operation} operation does not work with the specified model, ${model}. Please choose different model and try again. You can learn more about which models can be used with each operation here: https://go.microsoft.com/fwlink/?linkid=2197993.`,
    {code: 'OperationNotSupported'},
  );
}
