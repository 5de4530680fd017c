import {describe, expect, it} from 'vitest';
import {createFolder, modelYaml} from './config-folder.ts';

describe('secrets of a configuration', () => {
  it('are all found: keys, tokens, headers, signed and passworded URLs, variables, lists', async () => {
    await using folder = await createFolder({
      'env.yaml': 'policy_api_key: 00123456\nserver_token: canary-server\nflag_token: true\nempty_key:\n',
      'a.yaml': `${modelYaml(
        'default_headers: {Authorization: Bearer canary-bearer, x-other: "Basic canary-basic", x-plain: eastus}',
        'default_query: {api-version: "2024-10-21", subscription-key: canary-subscription, sig: canary-signature}',
      )}
url_a: https://h/x?api-version=2024&sig=canary%2Dsig&z=plain-value
url_b: https://user:canary-password@h/x
keys: [canary-one, {name: canary-not}]
plain: \${oc.env:OTHER_SECRET}
nested: prefix canary-key-123456 suffix
`,
    });
    const config = await folder.load({configPaths: ['a.yaml'], env: {OTHER_SECRET: 'canary-variable'}});
    expect(config.secrets.toSorted()).toEqual(
      [
        '00123456',
        '42798',
        'Bearer canary-bearer',
        'canary%2Dsig',
        'canary-basic',
        'canary-bearer',
        'canary-key-123456',
        'canary-one',
        'canary-password',
        'canary-server',
        'canary-sig',
        'canary-signature',
        'canary-subscription',
        'canary-variable',
      ].toSorted(),
    );
    expect(JSON.stringify(config.masked).replaceAll('canary-not', '')).not.toContain('canary');
    expect(config.masked).toMatchObject({
      policy_api_key: '****',
      flag_token: true,
      empty_key: null,
      keys: ['****', {name: 'canary-not'}],
      nested: 'prefix **** suffix',
      url_b: 'https://user:****@h/x',
    });
    expect(config.document).toMatchObject({nested: 'prefix canary-key-123456 suffix'});
  });

  it('leaves numbers of tokens and other keys alone', async () => {
    await using folder = await createFolder();
    const {masked, secrets} = await folder.load({
      overrides: ['+responses_create_params.max_output_tokens=512', '+monkey=banana'],
    });
    expect(masked).toEqual({responses_create_params: {max_output_tokens: 512}, monkey: 'banana'});
    expect(secrets).toEqual([]);
  });

  it('are in no problem and no warning, wherever they were written', async () => {
    await using folder = await createFolder({
      'a.yaml': modelYaml(
        'num_concurrent_requests: canary-key-123456',
        'auth: canary-token-9',
        'modl_family: x',
      ),
    });
    const problems = await folder.problems({
      configPaths: ['a.yaml'],
      overrides: ['+server_token=canary-token-9', '+limit=canary-token-9', '+hf_token=canary;x'],
    });
    expect(problems).toHaveLength(4);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });

  it('that a higher source replaced are still kept out of texts', async () => {
    await using folder = await createFolder({'a.yaml': 'server_token: canary-old\n'});
    const {secrets} = await folder.load({configPaths: ['a.yaml'], overrides: ['+server_token=canary-next']});
    expect(secrets.toSorted()).toEqual(['canary-next', 'canary-old']);
  });
});
