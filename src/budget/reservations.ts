import type {PromptSize} from '../core/prompt-size.ts';
import type {SpendingByRole} from '../core/spending.ts';
import type {AgentTerms, JudgeTerms} from './agent-terms.ts';
import type {Amount} from './ledger.ts';
import {costOfTokens} from './price.ts';
import {UpperValue} from './upper-value.ts';

/** What is to be reserved for a rollout. */
export interface Reservation extends Amount {
  /** Some part of it is what nothing that is known supports. */
  readonly isGuess: boolean;
}

// An estimate by characters may be low: other scripts, other tokenisers, tools.
const promptMargin = 1.25;
// The longest answer of most models, for requests that set no maximum, until the first of them are answered.
const longestAnswer = 16_384;
const longestVerdict = 2_048;
// Of a verdict's prompt beside the question: an answer and an expected one.
const judgedTokens = 256;

/** Estimates from above what the rollouts of one agent use: by their size first, then by the most that others used. */
export class Reservations {
  readonly #terms: AgentTerms;
  /** Used tokens to estimated ones. */
  readonly #input = new UpperValue(0.25);
  readonly #judgeInput = new UpperValue(1);
  /** Used tokens to the maximum of the request. */
  readonly #outputShare = new UpperValue(1);
  readonly #output = new UpperValue(1);
  readonly #judgeOutput = new UpperValue(1);
  /** What was billed to what the prices that were expected make of the same tokens. */
  readonly #costShare = new UpperValue(0);

  constructor(terms: AgentTerms) {
    this.#terms = terms;
  }

  estimate(size: PromptSize): Reservation {
    const {price, judge} = this.#terms;
    const turnsAreKnown = !this.#terms.isRemote && !size.hasTools;
    const inputShare = this.#input.value;
    const input = size.promptTokens * (inputShare ?? promptMargin);
    const {output, isGuess} = this.#outputOf(size, turnsAreKnown);
    const ofJudge = judge === undefined ? noJudge : this.#judgeOf(judge, size, output);
    const costUsd =
      (price === undefined ? 0 : costOfTokens(input, output, price)) +
      (judge?.price === undefined ? 0 : costOfTokens(ofJudge.input, ofJudge.output, judge.price));
    return {
      tokens: Math.ceil(input + output + ofJudge.input + ofJudge.output),
      costUsd: costUsd * Math.max(1, this.#costShare.value ?? 1),
      isGuess: isGuess || ofJudge.isGuess || (inputShare === undefined && !turnsAreKnown),
    };
  }

  /** Learns from a rollout that was completed. */
  observe(size: PromptSize, {policy, judge}: SpendingByRole): void {
    if (policy !== undefined) {
      this.#input.add(policy.inputTokens / size.promptTokens);
      if (size.maxOutputTokens === undefined) this.#output.add(policy.outputTokens);
      else this.#outputShare.add(policy.outputTokens / size.maxOutputTokens);
    }
    const terms = this.#terms.judge;
    if (judge !== undefined && terms !== undefined) {
      this.#judgeInput.add(judge.inputTokens / judgePromptOf(terms, size));
      this.#judgeOutput.add(judge.outputTokens);
    }
    this.#observeCost({policy, judge});
  }

  #outputOf(
    {maxOutputTokens}: PromptSize,
    turnsAreKnown: boolean,
  ): {readonly output: number; readonly isGuess: boolean} {
    if (maxOutputTokens === undefined) {
      const learnt = this.#output.value;
      return {output: learnt ?? longestAnswer, isGuess: learnt === undefined};
    }
    // The maximum holds for each turn, and nothing but an answer says how many of them there are.
    if (turnsAreKnown) return {output: maxOutputTokens, isGuess: false};
    const turns = this.#outputShare.value;
    return {output: maxOutputTokens * Math.max(1, turns ?? 1), isGuess: turns === undefined};
  }

  #judgeOf(judge: JudgeTerms, size: PromptSize, output: number): JudgeEstimate {
    const share = this.#judgeInput.value;
    const input =
      share === undefined
        ? judge.mostCalls * (judgePromptOf(judge, size) * promptMargin + output)
        : judgePromptOf(judge, size) * share;
    const learnt = this.#judgeOutput.value;
    if (judge.maxOutputTokens !== undefined) {
      const bound = judge.maxOutputTokens * judge.mostCalls;
      return {input, output: bound, isGuess: false};
    }
    return {
      input,
      output: learnt ?? judge.mostCalls * longestVerdict,
      isGuess: learnt === undefined,
    };
  }

  #observeCost({policy, judge}: SpendingByRole): void {
    const {price, judge: terms} = this.#terms;
    const billed = (policy?.costUsd ?? 0) + (judge?.costUsd ?? 0);
    const expected =
      (policy === undefined || price === undefined
        ? 0
        : costOfTokens(policy.inputTokens, policy.outputTokens, price)) +
      (judge === undefined || terms?.price === undefined
        ? 0
        : costOfTokens(judge.inputTokens, judge.outputTokens, terms.price));
    if (expected > 0) this.#costShare.add(billed / expected);
  }
}

interface JudgeEstimate {
  readonly input: number;
  readonly output: number;
  readonly isGuess: boolean;
}

const noJudge: JudgeEstimate = {input: 0, output: 0, isGuess: false};

function judgePromptOf({promptTokens}: JudgeTerms, size: PromptSize): number {
  return promptTokens + size.promptTokens + judgedTokens;
}
