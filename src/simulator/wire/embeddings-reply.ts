import {asNumber, type JsonObject} from '../../core/json.ts';
import type {Call} from '../generation/call.ts';
import {embed} from '../generation/embed.ts';
import {embeddingInputs} from '../generation/embedding-inputs.ts';
import type {Generation} from '../generation/generation.ts';

/** The `list` of embeddings, one an input, in the order of the inputs. */
export function embeddingList({body, deployment}: Call, {promptTokens}: Generation): JsonObject {
  const {seed, settings, family} = deployment;
  const dimensions = asNumber(body['dimensions']) ?? family.embedding?.dimensions ?? 0;
  const write = body['encoding_format'] === 'base64' ? toBase64 : (vector: readonly number[]) => vector;
  return {
    object: 'list',
    data: embeddingInputs(body).map(({text}, index) => ({
      object: 'embedding',
      index,
      embedding: write(embed(text, {seed, model: settings.model, dimensions})),
    })),
    model: settings.model,
    usage: {prompt_tokens: promptTokens, total_tokens: promptTokens},
  };
}

/** 32-bit floats, little-endian, whatever the machine's own order is. */
function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, number] of vector.entries()) bytes.writeFloatLE(number, index * 4);
  return bytes.toString('base64');
}
