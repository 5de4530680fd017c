import {describe, expect, it} from 'vitest';
import {RowDrafts} from '../../src/dataset/row-drafts.ts';
import type {RowTemplate} from '../../src/dataset/row-template.ts';

describe('row drafts', () => {
  it('are given once, in order, with a place for each row of another shard', () => {
    const drafts = new RowDrafts();
    drafts.add(10, () => templateOf('a'));
    drafts.pass();
    drafts.add(10, () => templateOf('b'));
    expect(drafts.take()?.map((template) => template?.agentName)).toEqual(['a', undefined, 'b']);
    expect(drafts.take()).toBeUndefined();
  });

  it('are given up beyond 16 Mi characters with what each row takes, and then not even made', () => {
    const drafts = new RowDrafts();
    const made: number[] = [];
    for (let row = 0; row < 40; row++)
      drafts.add(2 ** 20 - 512, () => {
        made.push(row);
        return templateOf('a');
      });
    expect(drafts.take()).toBeUndefined();
    expect(made).toHaveLength(16);
  });
});

function templateOf(agentName: string): RowTemplate {
  return {agentName, line: () => ''};
}
