import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {disarmLogCommands} from '../../src/core/log-commands.ts';

describe('a text for the log of a CI', () => {
  it.each([
    ['a command of GitHub', '::error::no', ': error::no'],
    ['one behind blanks, in any line', 'a\n  ::set-output name=x::y', 'a\n  : set-output name=x::y'],
    [
      'a command of Azure Pipelines',
      'a ##vso[task.setvariable]b ##[error]c',
      'a # vso[task.setvariable]b # [error]c',
    ],
  ])('holds no %s', (_, text, harmless) => {
    expect(disarmLogCommands(text)).toBe(harmless);
  });

  it('keeps addresses, headings and code as they are', () => {
    const text = 'http://[::1]:8080 is down; ## a heading; std::vector';
    expect(disarmLogCommands(text)).toBe(text);
  });

  it('never has a command, whatever it was, and is as long as it was', () => {
    const part = fc.constantFrom('#', ':', '[', 'vso', 'VSO', ' ', '\n', 'error', 'a');
    fc.assert(
      fc.property(
        fc.array(part).map((parts) => parts.join('')),
        (text) => {
          const harmless = disarmLogCommands(text);
          expect(harmless).not.toMatch(/^\s*::|##\[|##vso\[/im);
          expect(harmless).toHaveLength(text.length);
        },
      ),
    );
  });
});
