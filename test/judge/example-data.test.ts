import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {asJsonObject, asString, type JsonObject} from '../../src/core/json.ts';
import {translatePythonRegex} from '../../src/judge/python-regex.ts';
import {codePointLength, stripText} from '../../src/judge/python-strings.ts';
import {readQuestion} from '../../src/judge/read-conversation.ts';

const rows = readFileSync('data/example.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as JsonObject);
const patternOf = (row: JsonObject) => asString(asJsonObject(row['template_metadata'])?.['output_regex']);

describe('the example rows', () => {
  it('are at least 40, each with a question of its own', () => {
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(new Set(rows.map((row) => row['question'])).size).toBe(rows.length);
  });

  it('ask their question, and expect an answer without white space at its ends', () => {
    for (const row of rows) {
      const answer = asString(row['expected_answer']) ?? '';
      expect(readQuestion(asJsonObject(row['responses_create_params']))).toContain(row['question']);
      expect(answer).toBe(stripText(answer));
      expect(answer).not.toBe('');
    }
  });

  it('have patterns that can be used, and one answer too long for its pattern', () => {
    const withPattern = rows.filter((row) => patternOf(row) !== undefined);
    expect(withPattern.length).toBeGreaterThan(0);
    for (const row of withPattern) expect(translatePythonRegex(patternOf(row) ?? '')).toBeDefined();
    expect(
      withPattern.filter((row) => codePointLength(asString(row['expected_answer']) ?? '') > 120),
    ).toHaveLength(1);
  });

  it('have no number at their top level, which would become a metric', () => {
    for (const row of rows) {
      expect(
        Object.values(row).filter((value) => typeof value === 'number' || typeof value === 'boolean'),
      ).toEqual([]);
    }
  });
});
