import type {CallError} from '../../core/errors.ts';
import type {WireApi} from '../../core/wire.ts';

/**
 * The event that ends a stream with an error, in the stream's protocol. `last`: the stream's last chunk, for the number
 * that goes on from its frames'.
 */
export function errorEvent(api: WireApi, error: CallError, last: Uint8Array | undefined): Uint8Array {
  const told = {message: error.message, type: 'server_error', code: error.code, param: null};
  if (api !== 'responses') return frame({error: told});
  const {message, code, param} = told;
  const event = {type: 'error', sequence_number: numberAfter(last), code, message, param, error: told};
  return frame(event, 'error');
}

function frame(data: object, event?: string): Uint8Array {
  const name = event === undefined ? '' : `event: ${event}\n`;
  return Buffer.from(`${name}data: ${JSON.stringify(data)}\n\n`);
}

/** Inside a text of the model the quotes would be escaped: what this finds is the frame's own member. */
function numberAfter(last: Uint8Array | undefined): number {
  if (last === undefined) return 0;
  const numbers = [
    ...Buffer.from(last)
      .toString('latin1')
      .matchAll(/"sequence_number": ?(\d{1,15})/g),
  ];
  const number = numbers.at(-1)?.[1];
  return number === undefined ? 0 : Number(number) + 1;
}
