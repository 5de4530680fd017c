import {CallError} from '../core/errors.ts';
import {writeExactJson} from '../core/exact-json.ts';
import {formatTemplate} from '../core/format-template.ts';
import {asJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import type {CallOptions, Judge, Logger, ModelClient} from '../core/ports.ts';
import type {CallTrace, Verification} from '../core/rollout.ts';
import {addSpending, type Spending} from '../core/spending.ts';
import {judgeRefusal, toJudgeError} from './judge-call-error.ts';
import type {EquivalenceJudgeSettings} from './judge-settings.ts';
import {parseVerdict} from './parse-verdict.ts';
import {
  type PreparedJudgeSettings,
  prepareJudgeSettings,
  questionableJudgeSettings,
} from './prepare-judge-settings.ts';
import {readAnswer, readJudgement, readQuestion} from './read-conversation.ts';
import {createAnswerSelector} from './select-answer.ts';

export interface EquivalenceJudgeDeps {
  readonly logger?: Logger | undefined;
}

/**
 * A judge that asks a model whether the generated answer means the same as the expected one, by the rules of NeMo Gym's
 * `equivalence_llm_judge` (docs/judging.md). `model` brings its own concurrency and retries. Settings that cannot work fail
 * here with `ERR_CONFIG`; a judge call that fails does as `toJudgeError` and `judgeRefusal` say.
 */
export function createEquivalenceJudge(
  settings: EquivalenceJudgeSettings,
  model: ModelClient,
  {logger}: EquivalenceJudgeDeps = {},
): Judge {
  const prepared = prepareJudgeSettings(settings);
  for (const note of questionableJudgeSettings(prepared)) logger?.warn(note);
  const selector = createAnswerSelector(prepared, logger);

  return async (row, response, options) => {
    const expected = expectedAnswerOf(row);
    const params = asJsonObject(row['responses_create_params']);
    const question = selector.select(readQuestion(params), prepared.questionPattern);
    const {pattern, isPerRecord, isTooLong} = selector.patternFor(row, expected);
    const answer = readAnswer(response);
    const fullAnswer = answer === '' ? prepared.msgExtractionFailure : answer;
    const generated = answer === '' ? fullAnswer : selector.select(answer, pattern);

    const examination = new Examination(prepared, model, options);
    const questions: Questions = {
      first: {question, expected, generated},
      swapped: isTooLong ? undefined : {question, expected: generated, generated: expected},
      rescue: isPerRecord && !isTooLong ? {question, expected, generated: fullAnswer} : undefined,
    };
    try {
      const reward = await rewardOf(examination, prepared, questions);
      return examination.toVerification(reward, row, expected);
    } catch (error) {
      if (error instanceof CallError) error.spent = examination.spent;
      throw error;
    }
  };
}

/** What may be asked about one answer, in NeMo Gym's order. */
interface Questions {
  readonly first: Comparison;
  /** Asked to confirm "equal", if the settings say so. */
  readonly swapped: Comparison | undefined;
  /** Asked to overturn "not equal", if the settings say so. */
  readonly rescue: Comparison | undefined;
}

async function rewardOf(
  examination: Examination,
  settings: PreparedJudgeSettings,
  {first, swapped, rescue}: Questions,
): Promise<number> {
  if (await examination.ask(first)) {
    if (!settings.checkTwiceSwap || swapped === undefined) return 1;
    return (await examination.ask(swapped)) ? 1 : settings.rewardIfSwapFails;
  }
  if (!settings.checkFullGenerationOnFail || rescue === undefined) return 0;
  // The regex found nothing, so the whole answer has been judged: the same question again would tell nothing more.
  if (rescue.generated === first.generated) return 0;
  return (await examination.ask(rescue)) ? settings.rewardIfFullGenerationSucceeds : 0;
}

interface Comparison {
  readonly question: string;
  readonly expected: string;
  readonly generated: string;
}

/** The calls of one rollout's judging. */
class Examination {
  readonly #settings: PreparedJudgeSettings;
  readonly #model: ModelClient;
  readonly #options: CallOptions;
  readonly #evaluations: JsonObject[] = [];
  readonly #traces: CallTrace[] = [];
  /** Of every answer, those that are of no use included. */
  spent: Spending | undefined;

  constructor(settings: PreparedJudgeSettings, model: ModelClient, options: CallOptions) {
    this.#settings = settings;
    this.#model = model;
    this.#options = options;
  }

  /** Whether the judge says that both answers mean the same. */
  async ask({question, expected, generated}: Comparison): Promise<boolean> {
    const {judgePromptTemplate, labels} = this.#settings;
    const prompt = formatTemplate(judgePromptTemplate, {
      question,
      expected_answer: expected,
      generated_answer: generated,
    });
    return (await this.#call(prompt)) === labels.equal;
  }

  toVerification(reward: number, row: JsonObject, expected: string): Verification {
    // The row itself is in the record; only what it does not say is added.
    const given = isPresent(row['expected_answer']) ? {} : {expected_answer: expected};
    return {reward, fields: {...given, judge_evaluations: this.#evaluations}, traces: this.#traces};
  }

  async #call(prompt: string): Promise<string | null> {
    const {judgeResponsesCreateParams, labels, verdictPosition, judgeUnparsed} = this.#settings;
    const params = {...judgeResponsesCreateParams, input: this.#messages(prompt)};
    const reply = await this.#model(params, this.#options).catch((error: unknown) => {
      throw toJudgeError(error, this.#options);
    });
    this.spent = addSpending(this.spent, reply.trace.spent);
    const refusal = judgeRefusal(reply);
    if (refusal !== undefined) throw refusal;
    const {response, trace} = reply;
    this.#traces.push(trace);
    const verdict = parseVerdict(readJudgement(response) ?? '', labels, verdictPosition);
    this.#evaluations.push({responses_create_params: params, response, verdict_label: verdict});
    if (verdict === null && judgeUnparsed === 'fail') throw this.#unparsedError();
    return verdict;
  }

  #messages(prompt: string): readonly JsonValue[] {
    const {judgeSystemMessage} = this.#settings;
    const user = {type: 'message', role: 'user', content: prompt};
    if (judgeSystemMessage === '') return [user];
    return [{type: 'message', role: 'system', content: judgeSystemMessage}, user];
  }

  #unparsedError(): CallError {
    const {equal, notEqual} = this.#settings.labels;
    return new CallError(
      `the judge answered without a verdict: neither ${equal} nor ${notEqual} is in its text`,
      {
        code: 'ERR_JUDGE_UNPARSED',
        fault: 'judge',
        effect: 'retry',
        requestId: this.#traces.at(-1)?.requestId,
        hint: "Let the judge's prompt ask for one of the labels, give it room (max_output_tokens), or set judge_unparsed: wrong.",
      },
    );
  }
}

function expectedAnswerOf(row: JsonObject): string {
  const answer = row['expected_answer'];
  if (isPresent(answer)) return toText(answer);
  const fallback = asJsonObject(row['metadata'])?.['expected_answer'];
  return isPresent(fallback) ? toText(fallback) : '';
}

function isPresent(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null && value !== '' && value !== false;
}

function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : writeExactJson(value);
}
