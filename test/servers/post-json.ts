import type {JsonObject} from '../../src/core/json.ts';
import type {Service} from '../../src/servers/http/open-service.ts';

export interface JsonAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** Posts JSON (text as it is) to a service and reads the JSON that comes back. */
export async function postJson(
  {url}: Service,
  path: string,
  body: JsonObject | string | undefined,
): Promise<JsonAnswer> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: {'content-type': 'application/json'},
    ...(body === undefined ? {} : {body: typeof body === 'string' ? body : JSON.stringify(body)}),
  });
  const text = await response.text();
  return {status: response.status, body: JSON.parse(text) as Record<string, unknown>, text};
}

export async function getJson({url}: Service, path: string): Promise<unknown> {
  const response = await fetch(url + path);
  return response.json();
}
