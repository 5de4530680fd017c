import {writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {loadPromptConfig, parsePromptConfig, renderPrompt} from '../../src/dataset/prompt-config.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

describe('parsePromptConfig', () => {
  it('reads both templates and the fields that they ask for', () => {
    const config = parsePromptConfig(
      'user: |\n  Q: {question}\n  {{literal}}\nsystem: You answer {kind}.\n',
      'p.yaml',
    );
    expect(config).toEqual({
      user: 'Q: {question}\n{{literal}}\n',
      system: 'You answer {kind}.',
      fields: ['kind', 'question'],
    });
  });

  it.each([
    ['system: x', [{path: 'user', message: 'has no user template'}]],
    ['user: 7', [{path: 'user', message: 'must be a text'}]],
    ['user: x\nsytem: y', [{path: 'sytem', hint: 'Did you mean system?'}]],
    [
      'user: "{a.b}"\nsystem: "{"',
      [{path: 'user'}, {path: 'system', message: expect.stringContaining('single {') as string}],
    ],
    ['user: "x', [{line: 1, file: 'p.yaml'}]],
    ['', [{path: 'user'}]],
    ['- user', [{path: 'user'}]],
  ])('names everything that is wrong with %j', (text, problems) => {
    expect(() => parsePromptConfig(text, 'p.yaml')).toThrow(
      expect.objectContaining({
        code: 'ERR_PROMPT_CONFIG',
        fault: 'config',
        problems: problems.map((problem) => expect.objectContaining(problem) as unknown),
      }),
    );
  });
});

describe('loadPromptConfig', () => {
  it('reads a file, and says when there is none', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('p.yaml'), 'user: "{q}"');
    const config = await loadPromptConfig(folder.file('p.yaml'));
    expect(renderPrompt(config, {q: 'why?'})).toEqual([{role: 'user', content: 'why?'}]);
    await expect(loadPromptConfig(folder.file('gone.yaml'))).rejects.toMatchObject({
      code: 'ERR_PROMPT_CONFIG',
      problems: [{message: 'cannot be read: there is no such file'}],
    });
  });
});
