import {LineCounter, parseDocument} from 'yaml';
import {z} from 'zod';
import type {Problem} from '../../core/errors.ts';
import {asJsonObject, type JsonValue} from '../../core/json.ts';
import {locateJsonError} from '../../core/locate-json-error.ts';
import {type BodyForm, fromBodyForm} from '../record/body-form.ts';
import type {Chunk, ExchangeRecord, RecordedReply} from '../record/exchange-record.ts';
import {recordVersion} from '../record/write-record.ts';

export type ReadRecord = {readonly record: ExchangeRecord} | {readonly problems: readonly Problem[]};

/** The record that a file's text holds, or all that is wrong with it, each with its line. */
export function readRecord(text: string, file: string): ReadRecord {
  const syntaxError = locateJsonError(text);
  if (syntaxError !== undefined) {
    const {offset, message, hint} = syntaxError;
    return {
      problems: [{file, line: text.slice(0, offset).split('\n').length, message, hint: hint ?? tornHint}],
    };
  }
  const document = JSON.parse(text) as JsonValue;
  if (asJsonObject(document)?.['rollcall_record'] !== recordVersion) {
    return {
      problems: [
        {file, line: 1, message: `not a record: rollcall_record is not ${recordVersion}`, hint: foreignHint},
      ],
    };
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return {record: toRecord(parsed.data)};
  const lineOf = lineFinder(text);
  const problems = parsed.error.issues.map(({path, message}) => ({
    file,
    line: lineOf(path),
    path: path.join('.'),
    message,
  }));
  return {problems};
}

const foreignHint = 'Take the file out of the folder, which is for records alone.';
const tornHint = 'Take the file out of the folder, or record that exchange again.';

const milliseconds = z.number().min(0);
const base64 = z
  .string()
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'not base64');
const text = z.union([z.string(), z.array(z.string())]);
const bodyForm: z.ZodType<BodyForm> = z.union(
  [
    z.strictObject({json: z.custom<JsonValue>((value) => value !== undefined)}),
    z.strictObject({text}),
    z.strictObject({base64}),
  ],
  'a body is {"json": …}, {"text": …} or {"base64": …}',
);
const streamChunk = z.union(
  [z.strictObject({ms: milliseconds, text}), z.strictObject({ms: milliseconds, base64})],
  'a chunk of a stream is {"ms": …, "text": …} or {"ms": …, "base64": …}',
);
// What Node would refuse to send is refused here, where it can be named.
const header = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+: [\t\x20-\x7e\x80-\xff]*$/, 'a header is "name: value"');

const response = z
  .strictObject({
    status: z.int().min(200).max(999),
    status_text: z
      .string()
      .regex(/^[\t\x20-\x7e]*$/, 'not printable ASCII')
      .optional(),
    headers_ms: milliseconds,
    headers: z.array(header),
    stream: z.array(streamChunk).optional(),
    body_ms: milliseconds.optional(),
    chunks: z.array(z.strictObject({ms: milliseconds, bytes: z.int().min(0)})).optional(),
    body: bodyForm.optional(),
    ending: z.enum(['end', 'cut']),
  })
  .refine(({stream, body}) => stream === undefined || body === undefined, 'give stream or body, not both')
  .refine(
    ({chunks, body}) =>
      chunks === undefined || sizeOf(body) === chunks.reduce((sum, {bytes}) => sum + bytes, 0),
    {message: 'the chunks do not add up to the body; leave them out if it was edited', path: ['chunks']},
  );

const schema = z.strictObject({
  rollcall_record: z.literal(recordVersion),
  request: z.strictObject({
    method: z.string().regex(/^[A-Z-]+$/, 'not a method'),
    path: z.string().startsWith('/', 'a path begins with a slash'),
    query: z.string().default(''),
    content_type: z.string().optional(),
    body: bodyForm.optional(),
  }),
  response: response.nullable(),
});

function sizeOf(body: BodyForm | undefined): number {
  return body === undefined ? 0 : fromBodyForm(body).length;
}

function toRecord({request, response: reply}: z.output<typeof schema>): ExchangeRecord {
  const {method, path, query, content_type: contentType, body} = request;
  return {
    request: {
      method,
      path,
      query,
      contentType,
      body: body === undefined ? Buffer.alloc(0) : fromBodyForm(body),
    },
    reply: reply === null ? undefined : toReply(reply),
  };
}

function toReply(reply: z.output<typeof response>): RecordedReply {
  return {
    status: reply.status,
    statusText: reply.status_text,
    headers: reply.headers.flatMap((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
    headersMs: reply.headers_ms,
    chunks: chunksOf(reply),
    ending: reply.ending,
  };
}

function chunksOf({stream, body, chunks, body_ms, headers_ms}: z.output<typeof response>): readonly Chunk[] {
  if (stream !== undefined) return stream.map(({ms, ...form}) => ({ms, bytes: fromBodyForm(form)}));
  if (body === undefined) return [];
  const bytes = fromBodyForm(body);
  if (chunks === undefined) return [{ms: body_ms ?? headers_ms, bytes}];
  let start = 0;
  return chunks.map(({ms, bytes: length}) => {
    start += length;
    return {ms, bytes: bytes.subarray(start - length, start)};
  });
}

/** Finds the line of a path, or of the nearest that is there. JSON is read as the YAML that it is, which knows places. */
function lineFinder(text: string): (path: readonly PropertyKey[]) => number {
  const lines = new LineCounter();
  const document = parseDocument(text, {lineCounter: lines});
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as {range?: readonly number[]} | undefined;
      const offset = node?.range?.[0];
      if (offset !== undefined) return lines.linePos(offset).line;
    }
    return 1;
  };
}
