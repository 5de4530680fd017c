import type {Prompt} from './prompt.ts';

/** Tokens of a text by the simulator's rule: one for every four characters begun. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / charactersAToken);
}

/** The pieces that a text is streamed in, one a token. They join to the text and split no surrogate pair. */
export function splitTokens(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + charactersAToken, text.length);
    if (isHighSurrogate(text.charCodeAt(end - 1)) && end < text.length) end++;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

/** The longest beginning of a text that is at most `limit` tokens, cut where `splitTokens` cuts. */
export function takeTokens(text: string, limit: number): string {
  if (countTokens(text) <= limit) return text;
  const end = Math.max(0, limit) * charactersAToken;
  return text.slice(0, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end);
}

/** Tokens billed for a prompt: its text, four around each message, three to open the reply, 85 an image, and the tools' JSON. */
export function countPromptTokens(prompt: Prompt, toolsText: string): number {
  const texts = prompt.messages.reduce((sum, {text}) => sum + countTokens(text) + 4, 3);
  return texts + prompt.images * 85 + countTokens(toolsText);
}

const charactersAToken = 4;

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
