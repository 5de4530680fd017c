import {
  asJsonArray,
  asJsonObject,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import {isEmptyContent, toChatPart, toChatToolPart, translateContent} from './content-parts.ts';
import {type ConversionProblems, nameOfKind} from './conversion-error.ts';
import type {MutableJson} from './mutable-json.ts';
import {toChatToolCall} from './tool-calls.ts';

/**
 * Responses input (text or items) as chat messages. What an assistant said, thought and called between two other
 * messages becomes one message, as chat wants it; two assistant messages in a row stay two.
 */
export function itemsToMessages(input: JsonValue | undefined, problems: ConversionProblems): JsonObject[] {
  if (typeof input === 'string') return [{role: 'user', content: input}];
  if (input != null && !Array.isArray(input)) problems.add('input', 'neither text nor a list of items');
  const conversation = new Conversation(problems);
  for (const [index, item] of asJsonArray(input).entries()) {
    if (isJsonObject(item)) conversation.add(item, `input[${index}]`);
    else problems.add(`input[${index}]`, 'an item that is no object');
  }
  return conversation.finish();
}

class Conversation {
  readonly #problems: ConversionProblems;
  readonly #messages: JsonObject[] = [];
  // The assistant's turn that is being put together.
  #text = '';
  #refusal = '';
  #calls: JsonObject[] = [];
  #spoke = false;

  constructor(problems: ConversionProblems) {
    this.#problems = problems;
  }

  add(item: JsonObject, path: string): void {
    const type = item['type'] ?? (item['role'] == null ? undefined : 'message');
    switch (type) {
      case 'message':
        this.#addMessage(item, path);
        break;
      case 'reasoning':
        this.#addReasoning(item);
        break;
      case 'function_call':
      case 'custom_tool_call':
        this.#calls.push(toChatToolCall(item));
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#addToolOutput(item['call_id'], item['output'], path);
        break;
      default:
        this.#problems.add(path, `item ${nameOfKind(type)}`);
    }
  }

  finish(): JsonObject[] {
    this.#endTurn();
    return this.#messages;
  }

  #addMessage(item: JsonObject, path: string): void {
    const {role} = item;
    if (role === 'assistant') this.#addAssistant(item, path);
    else if (role === 'tool') this.#addToolOutput(item['tool_call_id'], item['content'], path);
    else if (role === 'user' || role === 'system' || role === 'developer') this.#addOther(role, item, path);
    else this.#problems.add(path, `role ${nameOfKind(role)}`);
  }

  #addOther(role: string, item: JsonObject, path: string): void {
    this.#endTurn();
    const content = translateContent(item['content'], toChatPart, path, this.#problems);
    const message = {role, content};
    const name = asString(item['name']);
    this.#messages.push(name === undefined ? message : {...message, name});
  }

  #addAssistant(item: JsonObject, path: string): void {
    this.#beginStatement();
    this.#spoke = true;
    const {content} = item;
    if (typeof content === 'string') this.#text += content;
    else if (content != null) this.#addAssistantParts(content, path);
    this.#refusal += asString(item['refusal']) ?? '';
    this.#calls.push(...asJsonArray(item['tool_calls']).filter(isJsonObject));
  }

  #addAssistantParts(content: JsonValue, path: string): void {
    for (const [index, part] of asJsonArray(content).entries()) {
      const {type, text, refusal} = asJsonObject(part) ?? {};
      if (type === 'refusal') this.#refusal += asString(refusal) ?? '';
      else if (typeof text === 'string') this.#text += text;
      else
        this.#problems.add(`${path}.content[${index}]`, `part ${nameOfKind(type)} in an assistant message`);
    }
    if (!Array.isArray(content)) this.#problems.add(`${path}.content`, 'content of no known shape');
  }

  /** Chat has no place for reasoning but the text itself; what only the service can read (`encrypted_content`) stays behind. */
  #addReasoning(item: JsonObject): void {
    this.#beginStatement();
    const summary = asJsonArray(item['summary']);
    for (const entry of summary.length > 0 ? summary : asJsonArray(item['content'])) {
      const text = asString(asJsonObject(entry)?.['text']) ?? '';
      if (text !== '') this.#text += `<think>${text}</think>`;
    }
  }

  #addToolOutput(callId: JsonValue | undefined, output: JsonValue | undefined, path: string): void {
    this.#endTurn();
    const content = isEmptyContent(output)
      ? ''
      : translateContent(output, toChatToolPart, path, this.#problems);
    this.#messages.push({role: 'tool', tool_call_id: callId ?? '', content});
  }

  /** Ends the turn before another statement, unless calls are open: their outputs must follow the message that holds them. */
  #beginStatement(): void {
    if (this.#spoke && this.#calls.length === 0) this.#endTurn();
  }

  #endTurn(): void {
    const [text, refusal, calls] = [this.#text, this.#refusal, this.#calls];
    if (this.#spoke || text !== '' || calls.length > 0) {
      // Chat refuses an assistant message with neither content nor calls, so an empty answer is an empty text.
      const content = text !== '' || (calls.length === 0 && refusal === '') ? text : null;
      const message: MutableJson = {role: 'assistant', content};
      if (refusal !== '') message['refusal'] = refusal;
      if (calls.length > 0) message['tool_calls'] = calls;
      this.#messages.push(message);
    }
    this.#text = '';
    this.#refusal = '';
    this.#calls = [];
    this.#spoke = false;
  }
}
