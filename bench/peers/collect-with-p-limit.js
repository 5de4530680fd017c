import {createWriteStream} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {finished} from 'node:stream/promises';
import pLimit from 'p-limit';

/** What the benchmark asks for: `{url, deployment, input, output, concurrency, retries}`. */
export const wanted = JSON.parse(process.argv[2]);

/** Asks for each row of the input, as p-limit's own page shows it, and appends what comes to the output. */
export async function collectWithPLimit(ask) {
  const sink = createWriteStream(wanted.output);
  const lines = (await readFile(wanted.input, 'utf8')).trimEnd().split('\n');
  await pLimit(wanted.concurrency).map(lines, async (line) => {
    const row = JSON.parse(line);
    const {input: messages, max_output_tokens: maxTokens} = row.responses_create_params;
    sink.write(`${JSON.stringify({...row, response: await ask(messages, maxTokens)})}\n`);
  });
  sink.end();
  await finished(sink);
}
