import {describe, expect, it} from 'vitest';
import {renderResources} from '../../src/cli/render-resources.ts';

const resource = (kind: string, detail: string) => ({kind, name: 'default/a', status: 'accepted', detail});

describe('the table of resources', () => {
  const backend = resource(
    'Backend',
    'gpt-4o at https://my-endpoint.openai.azure.com (2024-10-21, inline key)',
  );

  it('has a line for each, if all of them fit', () => {
    expect(renderResources([resource('Secret', 'key Authorization'), backend], 120)).toEqual([
      'KIND     NAME       STATUS',
      'Secret   default/a  accepted  key Authorization',
      `Backend  default/a  accepted  ${backend.detail}`,
    ]);
  });

  it('has what they resolve to below them in a narrow terminal, broken at blanks', () => {
    const lines = renderResources([resource('Secret', 'key Authorization'), backend], 60);
    expect(lines).toEqual([
      'KIND     NAME       STATUS',
      'Secret   default/a  accepted',
      '    key Authorization',
      'Backend  default/a  accepted',
      '    gpt-4o at https://my-endpoint.openai.azure.com',
      '      (2024-10-21, inline key)',
    ]);
  });

  it('holds nothing that a terminal would act upon', () => {
    for (const columns of [10, 200]) {
      const text = renderResources([resource('Sec\u001b[31mret', 'key a\u001b[2Jb')], columns).join('\n');
      expect(text).not.toContain('\u001b');
      expect(text).toContain('Secret');
      expect(text).toContain('key');
    }
  });
});
