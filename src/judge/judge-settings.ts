import type {JsonObject} from '../core/json.ts';
import type {VerdictPosition} from './parse-verdict.ts';

/** The options of NeMo Gym's `equivalence_llm_judge`, and two of ours; the YAML keys are the same in snake_case. */
export interface EquivalenceJudgeSettings {
  /** Sent with every judge call; its `input` is replaced by the prompt. */
  readonly judgeResponsesCreateParams: JsonObject;
  readonly judgeSystemMessage?: string | undefined;
  /** The prompt itself, with the fields `{question}`, `{expected_answer}` and `{generated_answer}`. */
  readonly judgePromptTemplate: string;
  /** Default `[[A=B]]`. */
  readonly judgeEqualLabel?: string | undefined;
  /** Default `[[A!=B]]`. */
  readonly judgeNotEqualLabel?: string | undefined;
  /** Python syntax, as are the others: what of the question the judge is shown. */
  readonly questionExtractRegex?: string | undefined;
  /** What of the policy's answer is judged. */
  readonly responseExtractRegex?: string | undefined;
  /** Judged in place of an answer without text. Default `[NO VALID ANSWER EXTRACTED]`. */
  readonly msgExtractionFailure?: string | undefined;
  /** Asks again with expected and generated answer changed round before it believes "equal". Default false. */
  readonly checkTwiceSwap?: boolean | undefined;
  /** Default 0. */
  readonly rewardIfSwapFails?: number | undefined;
  /** Prefers a row's `template_metadata.output_regex`. Default true. */
  readonly usePerRecordRegex?: boolean | undefined;
  /** Code points of an expected answer beyond which a row's regex is not used; null: used for all. Default 120. */
  readonly extractionLengthThreshold?: number | null | undefined;
  /** Judges the whole answer when what a row's regex found is judged wrong. Default true. */
  readonly checkFullGenerationOnFail?: boolean | undefined;
  /** Default 0.5. */
  readonly rewardIfFullGenerationSucceeds?: number | undefined;
  /** A verdict without a label: a wrong answer (as NeMo Gym has it), or a failed rollout. Default `wrong`. */
  readonly judgeUnparsed?: 'wrong' | 'fail' | undefined;
  /** Default `first`. */
  readonly verdictPosition?: VerdictPosition | undefined;
}
