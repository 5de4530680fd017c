import {CallError} from '../core/errors.ts';
import {writeExactJson} from '../core/exact-json.ts';
import {asJsonArray, type JsonObject, type JsonValue} from '../core/json.ts';
import type {CallTrace, ModelReply} from '../core/rollout.ts';
import {addSpending, type Spending} from '../core/spending.ts';
import {addUsage} from './add-usage.ts';

/** Characters of JSON: no model reads a tenth of it, and every turn sends it whole. */
const mostCharacters = 64 * 2 ** 20;

/** What the turns of one rollout have produced. */
export class Transcript {
  readonly #items: JsonValue[] = [];
  #characters = 0;
  #usage: JsonObject | null = null;
  #last: ModelReply;
  #trace: CallTrace;

  constructor(first: ModelReply) {
    this.#last = first;
    this.#trace = first.trace;
    this.#addReply(first);
  }

  /** Every item of the model and every tool's output, in order. */
  get items(): readonly JsonValue[] {
    return this.#items;
  }

  /** HTTP exchanges with the model so far. */
  get calls(): number {
    return this.#trace.calls;
  }

  /** Tokens and cost of the turns so far. */
  get spent(): Spending | undefined {
    return this.#trace.spent;
  }

  /** Takes another turn of the model. Fails with `ERR_ROLLOUT_SIZE` beyond 64 Mi characters, as `addOutput` does. */
  addTurn(reply: ModelReply): void {
    this.#last = reply;
    this.#trace = addTrace(this.#trace, reply.trace);
    this.#addReply(reply);
  }

  /** Takes what a tool said to a `function_call`. */
  addOutput({call_id: callId, id}: JsonObject, output: string): void {
    const item = {type: 'function_call_output', call_id: callId ?? id ?? '', output};
    this.#add(item, output.length);
  }

  /** The last turn's response with the output and the usage of all of them. */
  toReply(): ModelReply {
    return {
      response: {...this.#last.response, output: this.#items, usage: this.#usage},
      trace: this.#trace,
    };
  }

  #addReply({response}: ModelReply): void {
    this.#usage = addUsage(this.#usage, response['usage']);
    for (const item of asJsonArray(response['output'])) this.#add(item, writeExactJson(item).length);
  }

  #add(item: JsonValue, characters: number): void {
    this.#items.push(item);
    this.#characters += characters;
    if (this.#characters > mostCharacters) throw tooLong();
  }
}

function addTrace(before: CallTrace, last: CallTrace): CallTrace {
  const hedged = [...(before.hedged ?? []), ...(last.hedged ?? [])];
  return {
    ...last,
    calls: before.calls + last.calls,
    queuedMs: before.queuedMs + last.queuedMs,
    callMs: before.callMs + last.callMs,
    requestId: last.requestId ?? before.requestId,
    simulated: before.simulated === true || last.simulated,
    spent: addSpending(before.spent, last.spent),
    hedged: hedged.length > 0 ? hedged : undefined,
  };
}

function tooLong(): CallError {
  return new CallError('the turns and tool outputs of the rollout are longer than 64 Mi characters', {
    code: 'ERR_ROLLOUT_SIZE',
    fault: 'agent',
    effect: 'rollout',
    hint: "Set the agent's max_steps, or let its tools say less.",
  });
}
