import {shapeless} from '../shapeless.ts';

// `<` ends a script or opens a comment in one; the others would change how the file's own source is shown by an editor or a terminal.
const unsafe = new RegExp(String.raw`[<>&\x7f-\x9f${shapeless}\u{e0000}-\u{e007f}]`, 'gu');

/** A value as JSON that can stand in a `<script>` element, whatever texts are in it. It parses to the same value. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(unsafe, escapeUnits);
}

function escapeUnits(character: string): string {
  let text = '';
  for (let unit = 0; unit < character.length; unit++)
    text += `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
  return text;
}
