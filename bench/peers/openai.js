// The official client with p-limit.
import {AzureOpenAI} from 'openai';
import {collectWithPLimit, wanted} from './collect-with-p-limit.js';

const client = new AzureOpenAI({
  endpoint: wanted.url,
  apiKey: 'key-of-the-benchmark',
  apiVersion: '2024-10-21',
  deployment: wanted.deployment,
  maxRetries: wanted.retries ?? 2,
});
await collectWithPLimit((messages, maxTokens) =>
  client.chat.completions.create({model: wanted.deployment, messages, max_tokens: maxTokens}),
);
