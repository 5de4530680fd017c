import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {html, visible} from '../../../src/report/html/html.ts';
import {scriptJson} from '../../../src/report/html/script-json.ts';
import {visibleParts} from '../../../src/report/html/visible-text.ts';

const anyText = fc.oneof(
  fc.string({unit: 'binary'}),
  fc
    .array(
      fc.constantFrom(
        '<',
        '</script>',
        '<!--',
        ']]>',
        '&lt;',
        '"',
        "'",
        '\u2028',
        '\u202e',
        '\u001b[2J',
        'a',
      ),
    )
    .map((parts) => parts.join('')),
);

describe('html', () => {
  it('lets no text become markup', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const {text: page} = html`<p title="${text}">${text}</p>`;
        expect(page.slice('<p title="'.length, -'</p>'.length)).not.toMatch(/[<"'](?!>)/);
        expect(page.match(/[<>]/g)).toHaveLength(4);
      }),
    );
  });

  it('takes markup of its own as it is, lists joined, nothing for undefined', () => {
    expect(html`<ul>${[1, 2].map((each) => html`<li>${each}</li>`)}</ul>${undefined}`.text).toBe(
      '<ul><li>1</li><li>2</li></ul>',
    );
  });
});

describe('visible', () => {
  it('shows what cannot be seen by its number', () => {
    expect(visible('a\u202eb\u001b[2J').text).toBe(
      'a<span class="mark">U+202E</span>b<span class="mark">U+001B</span>[2J',
    );
  });

  it('leaves lines, tabs and other scripts as they are', () => {
    const text = 'größer\r\n\t東京 👩‍🔬';
    expect(visibleParts(text)).toEqual([{text, isMark: false}]);
  });

  it('lets no control, half character or mark of direction through', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = visibleParts(text)
          .map((part) => part.text)
          .join('');
        expect(shown.replaceAll(/[\t\n\r]/g, '')).not.toMatch(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

describe('scriptJson', () => {
  it('parses to the same value and can end no script, whatever the texts', () => {
    fc.assert(
      fc.property(fc.array(anyText), (texts) => {
        const json = scriptJson(texts);
        expect(json).not.toMatch(/[<>&\u007f-\u009f\u2028-\u202e]/);
        expect(JSON.parse(json)).toEqual(texts.map((text) => text));
      }),
    );
  });
});
