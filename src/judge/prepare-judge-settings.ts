import {type Problem, RollcallError} from '../core/errors.ts';
import {templateFields} from '../core/format-template.ts';
import type {EquivalenceJudgeSettings} from './judge-settings.ts';
import type {VerdictLabels} from './parse-verdict.ts';
import {translatePythonRegex} from './python-regex.ts';
import {stripText} from './python-strings.ts';

const defaults = {
  judgeSystemMessage: '',
  judgeEqualLabel: '[[A=B]]',
  judgeNotEqualLabel: '[[A!=B]]',
  questionExtractRegex: '',
  responseExtractRegex: '',
  msgExtractionFailure: '[NO VALID ANSWER EXTRACTED]',
  checkTwiceSwap: false,
  rewardIfSwapFails: 0,
  usePerRecordRegex: true,
  extractionLengthThreshold: 120,
  checkFullGenerationOnFail: true,
  rewardIfFullGenerationSucceeds: 0.5,
  judgeUnparsed: 'wrong',
  verdictPosition: 'first',
} as const;

type Given = {
  readonly [Key in keyof EquivalenceJudgeSettings]-?: Exclude<EquivalenceJudgeSettings[Key], undefined>;
};

/** The settings with every default filled in, the template stripped and the patterns translated. */
export interface PreparedJudgeSettings extends Given {
  readonly labels: VerdictLabels;
  readonly questionPattern: RegExp | undefined;
  readonly responsePattern: RegExp | undefined;
}

/** Fills in and checks a judge's settings; fails with `ERR_CONFIG` and every problem, each under its YAML key. */
export function prepareJudgeSettings(settings: EquivalenceJudgeSettings): PreparedJudgeSettings {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const filled = {...defaults, ...given} as Given;
  const judgePromptTemplate = stripText(filled.judgePromptTemplate);
  const prepared = {
    ...filled,
    judgePromptTemplate,
    labels: {equal: filled.judgeEqualLabel, notEqual: filled.judgeNotEqualLabel},
    questionPattern: patternOf(filled.questionExtractRegex),
    responsePattern: patternOf(filled.responseExtractRegex),
  };
  const problems = [
    ...labelProblems(filled),
    ...patternProblems(prepared),
    ...templateProblems(judgePromptTemplate),
  ];
  if (problems.length === 0) return prepared;
  throw new RollcallError('the judge cannot work with these settings', {
    code: 'ERR_CONFIG',
    fault: 'config',
    problems,
  });
}

/** What is allowed, but seldom meant. */
export function questionableJudgeSettings({
  labels: {equal, notEqual},
}: PreparedJudgeSettings): readonly string[] {
  const [shorter, longer] = equal.length < notEqual.length ? [equal, notEqual] : [notEqual, equal];
  const notes: string[] = [];
  if (longer.startsWith(shorter)) {
    notes.push(
      `the judge's label ${quote(longer)} begins with ${quote(shorter)}: where both fit, the longer one counts`,
    );
  }
  if (shorter.length < 3) {
    notes.push(
      `the judge's label ${quote(shorter)} is so short that ordinary words hold it: the judge may name it by accident`,
    );
  }
  return notes;
}

function patternOf(source: string): RegExp | undefined {
  return source === '' ? undefined : translatePythonRegex(source);
}

function labelProblems({judgeEqualLabel, judgeNotEqualLabel}: Given): Problem[] {
  const problems: Problem[] = [];
  if (judgeEqualLabel === '') problems.push({path: 'judge_equal_label', message: 'is empty'});
  if (judgeNotEqualLabel === '') problems.push({path: 'judge_not_equal_label', message: 'is empty'});
  if (judgeEqualLabel !== '' && judgeEqualLabel === judgeNotEqualLabel) {
    problems.push({
      path: 'judge_not_equal_label',
      message: `is the same as judge_equal_label (${quote(judgeEqualLabel)})`,
      hint: 'Give the two verdicts different labels, and let the prompt ask for them.',
    });
  }
  return problems;
}

function patternProblems(prepared: PreparedJudgeSettings): Problem[] {
  const patterns = [
    {
      path: 'question_extract_regex',
      source: prepared.questionExtractRegex,
      pattern: prepared.questionPattern,
    },
    {
      path: 'response_extract_regex',
      source: prepared.responseExtractRegex,
      pattern: prepared.responsePattern,
    },
  ];
  return patterns
    .filter(({source, pattern}) => source !== '' && pattern === undefined)
    .map(({path, source}) => ({
      path,
      message: `${quote(source)} is no regular expression that can be used here`,
      hint: 'Python syntax without possessive quantifiers, atomic groups, conditionals and (?i:…): see docs/judging.md.',
    }));
}

const fields = ['question', 'expected_answer', 'generated_answer'];
const templatePath = 'judge_prompt_template';

function templateProblems(template: string): Problem[] {
  const used = fieldsOf(template);
  if (!Array.isArray(used)) return [used as Problem];
  const problems: Problem[] = used
    .filter((field) => !fields.includes(field as string))
    .map((field) => ({
      path: templatePath,
      message: `has the field {${String(field)}}, which a judge does not know`,
      hint: 'The fields are {question}, {expected_answer} and {generated_answer}; for a brace in the text write it twice.',
    }));
  if (!used.includes('generated_answer')) {
    problems.push({
      path: templatePath,
      message: 'does not show the judge the answer: {generated_answer} is missing',
    });
  }
  return problems;
}

function fieldsOf(template: string): readonly string[] | Problem {
  try {
    return templateFields(template);
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    return {path: templatePath, message: error.message, hint: error.hint};
  }
}

function quote(text: string): string {
  return JSON.stringify(text);
}
