import {asNumber, type JsonObject} from '../core/json.ts';
import type {Verification} from '../core/rollout.ts';
import {notedFailure} from './noted-failure.ts';
import {plainExcerpt} from './plain-excerpt.ts';
import {runFailed} from './remote-failure.ts';
import type {ReplyContext} from './reply-failure.ts';
import {verificationFields} from './verification-fields.ts';

/** The verdict in a reply of `/verify`. Fails with fault `judge` where it tells of a failure, or gives no finite reward. */
export function toVerification(reply: JsonObject, row: JsonObject, context: ReplyContext): Verification {
  const noted = notedFailure(reply, {...context, fault: 'judge'});
  if (noted !== undefined) throw noted;
  const reward = asNumber(reply['reward']);
  if (reward === undefined) {
    throw runFailed('judge', `${plainExcerpt(context.peer)} gave a verdict without a number as its reward`, {
      httpStatus: 200,
    });
  }
  return {reward, fields: verificationFields(reply, row), traces: []};
}
