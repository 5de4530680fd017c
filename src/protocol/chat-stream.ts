import {asJsonArray, asNumber, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {ChatChoiceAssembly, type ChoiceWatcher} from './chat-choice-assembly.ts';
import {errorOfChatFrame, filterFailureOf} from './chat-frame-error.ts';
import {resultsOf} from './content-filters.ts';
import {truncatedReply} from './model-reply-errors.ts';
import type {MutableJson} from './mutable-json.ts';
import type {ServerSentEvent} from './server-sent-events.ts';
import {StreamError} from './stream-error.ts';
import {parseFrame} from './stream-frame.ts';

/**
 * Puts the frames of a chat stream together to the completion that the same call without streaming gives.
 * `add` throws a `StreamError` for an error inside the stream and `ERR_MODEL_MALFORMED` for what is no frame.
 */
export class ChatStreamAccumulator {
  readonly #choices = new Map<number, ChatChoiceAssembly>();
  readonly #head: MutableJson = {};
  readonly #watcher: ChoiceWatcher | undefined;
  #promptFilters: JsonValue | undefined;
  #usage: JsonValue | undefined;
  #isDone = false;

  /** `watcher` is told of what choice 0 says, as it is said. */
  constructor(watcher?: ChoiceWatcher) {
    this.#watcher = watcher;
  }

  /** What the frames said of the completion itself so far: id, model, time, usage. */
  get head(): JsonObject {
    return {...this.#head, usage: this.#usage ?? null};
  }

  add(event: ServerSentEvent): void {
    if (event.data.trim() === '[DONE]') this.#isDone = true;
    const frame = this.#isDone ? undefined : parseFrame(event);
    if (frame !== undefined) this.addFrame(frame, event);
  }

  /** Takes a frame that is parsed already; `event` is where it came from. */
  addFrame(frame: JsonObject, event: ServerSentEvent): void {
    const error = errorOfChatFrame(frame, event);
    if (error !== undefined) throw new StreamError(error);
    const filterFailure = filterFailureOf(frame);
    if (filterFailure !== undefined) this.#choiceAt(0).addFilterResults(filterFailure);
    this.#addHead(frame);
    for (const choice of asJsonArray(frame['choices'])) {
      if (isJsonObject(choice)) this.#choiceAt(asNumber(choice['index']) ?? 0).add(choice);
    }
  }

  /**
   * The completion. A stream that ends after every choice has its finish reason is complete without `[DONE]` too
   * (some deployments never send it) and is marked `missing_done: true`; any other end is `ERR_MODEL_TRUNCATED`.
   */
  finish(): JsonObject {
    const inOrder = [...this.#choices].sort(([a], [b]) => a - b).map(([, choice]) => choice);
    if (inOrder.length === 0) throw truncatedReply('it ended before any answer');
    if (!inOrder.every(({isFinished}) => isFinished)) throw truncatedReply('it ended before the answer did');
    const completion: MutableJson = {
      id: this.#head['id'] ?? '',
      object: 'chat.completion',
      created: this.#head['created'] ?? 0,
      model: this.#head['model'] ?? '',
      choices: inOrder.map((choice) => choice.finish()),
      usage: this.#usage ?? null,
      system_fingerprint: this.#head['system_fingerprint'] ?? null,
    };
    if (this.#head['service_tier'] !== undefined) completion['service_tier'] = this.#head['service_tier'];
    if (this.#promptFilters !== undefined) completion['prompt_filter_results'] = this.#promptFilters;
    if (!this.#isDone) completion['missing_done'] = true;
    return completion;
  }

  /** Frames of the filter have empty ids and zero times, so the first real value stands. */
  #addHead(frame: JsonObject): void {
    for (const key of headKeys) {
      const value = frame[key];
      const isReal = value != null && value !== '' && value !== 0;
      if (isReal && (this.#head[key] === undefined || key === 'service_tier')) this.#head[key] = value;
    }
    if (frame['usage'] != null) this.#usage = frame['usage'];
    const prompt = frame['prompt_filter_results'] ?? frame['prompt_annotations'];
    if (prompt != null) this.#promptFilters = prompt;
    if (resultsOf(frame) !== undefined) this.#choiceAt(0).addFilterResults(frame);
  }

  #choiceAt(index: number): ChatChoiceAssembly {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = new ChatChoiceAssembly(index, index === 0 ? this.#watcher : undefined);
      this.#choices.set(index, choice);
    }
    return choice;
  }
}

const headKeys = ['id', 'created', 'model', 'system_fingerprint', 'service_tier'] as const;
