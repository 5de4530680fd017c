import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {isFree, openPageShell} from '../helpers/page-shell.ts';
import {codeBlocks, havePages, readPage} from '../helpers/page-text.ts';
import {identities, parseLines, setUpWorkplace} from './workplace.ts';

// The ports that the pages are printed with.
const headPort = 11_000;
const gatewayPort = 8080;
const portsAreFree = (await isFree(headPort)) && (await isFree(gatewayPort));
const canFollow = havePages && portsAreFree;

const pageKey = 'your-azure-api-key';
// A judge that answers, whatever the question.
const answers = [{rule: {match: 'equivalence grader|\\[\\[A=B\\]\\]', reply: '[[A=B]]'}}, {echo: true}];

describe.skipIf(!canFollow)("NeMo Gym's page, step by step", () => {
  const page = havePages ? readPage('nemo-gym') : '';
  const [configuration = '', credentials = ''] = codeBlocks(page, 'yaml');
  const [runServers = '', collect = ''] = codeBlocks(page, 'bash');

  it.each([
    ['the packaged configuration', false],
    ["the page's configuration written where it says", true],
  ])('starts the servers and collects through them with %s', async (_, isWritten) => {
    const simulator = {keys: [pageKey], deployments: {'gpt-4-deployment': {}}, answers};
    await using place = await setUpWorkplace({simulator});
    const shell = await openPageShell(place.folder.path);
    if (isWritten) {
      const path = 'responses_api_models/azure_openai_model/configs/azure_openai_model.yaml';
      await shell.run(`mkdir -p ${path.slice(0, path.lastIndexOf('/'))}`);
      await place.write(path, configuration);
    }
    await place.write(
      'env.yaml',
      credentials.replace('https://your-resource.openai.azure.com', place.simulator.url),
    );
    await using serving = await shell.serve(runServers);
    const {exitCode, stderr} = await shell.run(collect);
    expect(exitCode, stderr + serving.stderr()).toBe(0);
    const text = await readFile(join(place.folder.path, 'results/example_rollouts.jsonl'), 'utf8');
    const records = parseLines(text);
    expect(identities(records)).toEqual(['0:0', '1:0', '2:0', '3:0', '4:0']);
    for (const record of records) {
      expect(record).toMatchObject({
        agent_ref: {name: 'equivalence_llm_judge_simple_agent'},
        reward: 1,
        response: {object: 'response', status: 'completed'},
        judge_evaluations: [{verdict_label: '[[A=B]]'}],
      });
    }
    const ended = await serving.stop('SIGINT');
    expect(ended.exitCode, ended.stderr).toBe(130);
    expect(ended.stderr).not.toContain(pageKey);
    for (const endpoint of ['/v1/responses', '/v1/chat/completions']) expect(page).toContain(endpoint);
  });
});

describe.skipIf(!canFollow)("agentgateway's page, step by step", () => {
  const page = havePages ? readPage('agentgateway') : '';
  const deployments = {'gpt-4o-mini': {model: 'gpt-4o-mini'}};
  const apply = /^kubectl apply -f- <<EOF\n([\s\S]*?)^EOF$/m;
  const documents = codeBlocks(page, 'yaml').flatMap((block) => apply.exec(block)?.[1] ?? []);
  const [, , ...requests] = codeBlocks(page, 'sh');
  const request =
    [...codeBlocks(page, 'sh')].find((block) => block.includes('curl "localhost:8080')) ?? requests[0] ?? '';

  it.each([
    ['in the order of the page', (list: readonly string[]) => list],
    ['in the opposite order', (list: readonly string[]) => list.toReversed()],
  ])('serves its documents, %s, and answers its curl', async (_, order) => {
    const resourceKey = 'canary-azure-key-1';
    await using place = await setUpWorkplace({
      simulator: {keys: [resourceKey], deployments, answers: [{echo: true}]},
    });
    const shell = await openPageShell(place.folder.path);
    expect(documents).toHaveLength(3);
    const endpoint = place.simulator.url;
    const manifest = order(documents).join('---\n').replace('my-endpoint.openai.azure.com', endpoint);
    // As the page has it: the shell fills in the key.
    const script = `export AZURE_OPENAI_API_KEY=${resourceKey}\nrollcall run -f - <<EOF\n${manifest}EOF\n`;
    await using serving = await shell.serve(script);
    const {exitCode, stdout, stderr} = await shell.run(request);
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      object: 'chat.completion',
      model: 'gpt-4o-mini',
      choices: [{index: 0, message: {role: 'assistant'}, finish_reason: 'stop'}],
      usage: {total_tokens: expect.any(Number) as number},
    });
    const [call] = place.simulator.ledger.entries();
    expect(call).toMatchObject({
      path: '/openai/deployments/gpt-4o-mini/chat/completions',
      api_version: '2024-02-15-preview',
    });
    expect(serving.stderr()).not.toContain(resourceKey);
  });

  it('serves the same documents from a file, with the variable expanded by the program', async () => {
    const resourceKey = 'canary-azure-key-2';
    await using place = await setUpWorkplace({
      simulator: {keys: [resourceKey], deployments, answers: [{echo: true}]},
    });
    const shell = await openPageShell(place.folder.path);
    const manifest = documents.join('---\n').replace('my-endpoint.openai.azure.com', place.simulator.url);
    await place.write('azure.yaml', manifest);
    await using serving = await shell.serve('rollcall run -f azure.yaml', {
      AZURE_OPENAI_API_KEY: resourceKey,
    });
    const {stdout} = await shell.run(request);
    expect(JSON.parse(stdout), serving.stderr()).toMatchObject({object: 'chat.completion'});
  });
});
