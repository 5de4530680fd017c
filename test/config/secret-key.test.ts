import {describe, expect, it} from 'vitest';
import {isSecretKey} from '../../src/config/secret-key.ts';

describe('isSecretKey', () => {
  it.each(
    (
      'key api_key apiKey APIKEY API_KEY openai_api_key policy_api_key x-api-key subscription-key access_key ' +
      'Ocp-Apim-Subscription-Key token server_token hfToken hf_token AZURE_OPENAI_AD_TOKEN access_token accessToken ' +
      'secret client_secret CLIENT-SECRET password PASSWORD db_password authorization Authorization Proxy-Authorization ' +
      'api_keys keys bearer_tokens api_key_2 api_key2 secret_value authorization_header credentials AccessKeyId passphrase'
    ).split(' '),
  )('%s is one', (key) => {
    expect(isSecretKey(key)).toBe(true);
  });

  it.each(
    (
      'max_output_tokens max_tokens tokens_per_minute total_tokens tokens monkey keyboard turkey tokenizer token_limit ' +
      'keyword secretary answer_key eos_token per_token first_token_ms cache_key api_key_file token_count key_metrics ' +
      'prompt_cache_key primary_key server passwordless'
    ).split(' '),
  )('%s is none', (key) => {
    expect(isSecretKey(key)).toBe(false);
  });
});
