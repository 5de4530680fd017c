import {isPlaceholder} from './settle-text.ts';

/** Why a text cannot be sent as a key, if it cannot. Does not show the text. */
export function describeKeyFault(key: string): {readonly message: string; readonly hint: string} | undefined {
  if (isPlaceholder(key)) {
    return {message: 'is still the placeholder of the page, not a key', hint: 'Put your API key there.'};
  }
  // What a header can carry, in one piece or behind a scheme of its own (`Basic …`).
  if (/^(?:[A-Za-z]+ )?[\x21-\x7e]+$/.test(key)) return undefined;
  return {
    message: 'holds blanks, line breaks or other characters that no key has',
    hint: 'Copy the key again, alone and on one line.',
  };
}
