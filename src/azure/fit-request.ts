import {isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import type {Capabilities} from './capabilities.ts';

/** Called with what was changed in a request, in words that are the same for every request. */
export type NoteChange = (note: string) => void;

/** A request body under construction; undefined members are not sent. */
export type RequestDraft = Record<string, JsonValue | undefined>;

// What the service assumes anyway: leaving these out changes nothing that is worth a note.
const defaults: JsonObject = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  logprobs: false,
  top_logprobs: 0,
  background: false,
};

/** Renames and leaves out, in the draft itself, what the deployment is known not to take. */
export function fitRequest(draft: RequestDraft, capabilities: Capabilities, note: NoteChange): void {
  for (const [name, reason] of capabilities.dropped) {
    const value = draft[name];
    if (value === undefined) continue;
    draft[name] = undefined;
    if (value !== null && value !== defaults[name]) note(`${name} is left out: ${reason}`);
  }
  if (capabilities.api === 'chat') fitTokenLimit(draft, capabilities);
  fitRoles(draft, capabilities, note);
}

function fitTokenLimit(draft: RequestDraft, {tokenLimit}: Capabilities): void {
  const other = tokenLimit === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  const value = draft[other];
  if (value === undefined) return;
  draft[other] = undefined;
  draft[tokenLimit] ??= value;
}

function fitRoles(draft: RequestDraft, {role, api}: Capabilities, note: NoteChange): void {
  if (role === undefined) return;
  const key = api === 'chat' ? 'messages' : 'input';
  const messages = draft[key];
  if (!Array.isArray(messages)) return;
  const list = messages as readonly JsonValue[];
  const has = (name: string): boolean => list.some((item) => isJsonObject(item) && item['role'] === name);
  // `system` alone is understood everywhere; the two together are not.
  if (!has(role.from) || (role.from === 'system' && !has('developer'))) return;
  draft[key] = list.map((item) =>
    isJsonObject(item) && item['role'] === role.from ? {...item, role: role.to} : item,
  );
  note(`role ${role.from} is sent as ${role.to}: ${role.reason}`);
}
