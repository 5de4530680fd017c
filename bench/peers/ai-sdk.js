// Vercel's AI SDK with its Azure provider and p-limit.
import {createAzure} from '@ai-sdk/azure';
import {generateText} from 'ai';
import {collectWithPLimit, wanted} from './collect-with-p-limit.js';

const azure = createAzure({
  baseURL: `${wanted.url}/openai`,
  apiKey: 'key-of-the-benchmark',
  apiVersion: '2024-10-21',
  useDeploymentBasedUrls: true,
});
const model = azure.chat(wanted.deployment);
await collectWithPLimit(async (messages, maxOutputTokens) => {
  const {text, usage, finishReason} = await generateText({model, messages, maxOutputTokens});
  return {text, usage, finishReason};
});
