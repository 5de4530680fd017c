import {createReadStream} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';

const sentence = 'There are several trains, each with its own speed and its own way, as the table shows. ';

/** What a server answers: about 450 characters, with a judge's verdict at the end, so that it does for both roles. */
export const answer = `${'The train needs two hours for the way, and so it arrives at ten past four. '.repeat(6)}[[A=B]]`;

/** Writes `count` different questions of about 500 characters and returns the path. */
export function writeRows(folder, count) {
  return write(folder, `rows-${count}`, count, (index) => toRow(index, 5));
}

/** The same with questions of 100 to 1,200 characters and room for 50 to 400 tokens of answer, in an order that is always the same. */
export function writeMixedRows(folder, count) {
  return write(folder, `mixed-${count}`, count, (index) => {
    const spread = (index * 7919) % 97;
    return toRow(index, 1 + (spread % 13), [50, 100, 200, 400][spread % 4]);
  });
}

/** The same questions as promptfoo's test cases. */
export function writeTests(folder, count) {
  return write(folder, `tests-${count}`, count, (index) => ({vars: {question: question(index, 5)}}));
}

/** How many lines a file has. */
export async function countLines(path) {
  let lines = 0;
  for await (const chunk of createReadStream(path)) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  return lines;
}

async function write(folder, name, count, make) {
  const path = join(folder, `${name}.jsonl`);
  await writeFile(
    path,
    Array.from({length: count}, (_, index) => `${JSON.stringify(make(index))}\n`).join(''),
  );
  return path;
}

function toRow(index, sentences, maxTokens) {
  return {
    responses_create_params: {
      input: [{role: 'user', content: question(index, sentences)}],
      ...(maxTokens === undefined ? {} : {max_output_tokens: maxTokens}),
    },
    expected_answer: String(index),
  };
}

function question(index, sentences) {
  return `Question ${index}. ${sentence.repeat(sentences)}When does it arrive?`;
}
