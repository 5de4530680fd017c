import {describe, expect, it} from 'vitest';
import {
  compileKinds,
  deploymentInPath,
  isOwnPath,
  kindOf,
} from '../../../src/servers/gateway/gateway-paths.ts';
import {exact, prefix, regex} from './gateway-examples.ts';

describe('the kind of a path', () => {
  it.each([
    ['/azure-openai', '/azure-openai', 'completions'],
    ['/azure-openai', '/azure-openai/', 'completions'],
    ['/azure-openai', '/azure-openai/v1/chat/completions', 'completions'],
    ['/azure-openai', '/azure-openai/chat/completions', 'completions'],
    ['/azure-openai', '/azure-openai/chat/completions/', 'completions'],
    ['/azure-openai', '/azure-openai/v1/responses', 'responses'],
    ['/azure-openai', '/azure-openai/responses', 'responses'],
    ['/azure-openai', '/azure-openai/v1/embeddings', 'embeddings'],
    ['/azure-openai', '/azure-openai/v1/models', 'models'],
    ['/azure-openai', '/azure-openai/openai/deployments/d/chat/completions', 'completions'],
    ['/azure-openai', '/azure-openai/openai/deployments/d/embeddings', 'embeddings'],
    ['/azure-openai', '/azure-openai/openai/responses', 'responses'],
    ['/azure-openai', '/azure-openai/openai/v1/responses', 'responses'],
    ['/azure-openai', '/azure-openai/openai/models', 'models'],
    ['/azure-openai', '/azure-openai/v1/completions', undefined],
    ['/azure-openai', '/azure-openai/v1/responses/resp_1', undefined],
    ['/azure-openai', '/azure-openai/v1/files', undefined],
    ['/azure-openai', '/azure-openai/myresponses', undefined],
    ['/azure-openai', '/azure-openai/v1%2Fresponses', undefined],
    ['/', '/', 'completions'],
    ['/', '/v1/chat/completions', 'completions'],
    ['/', '/v1/nothing', undefined],
    ['/v1', '/v1/chat/completions', 'completions'],
    ['/v1/chat', '/v1/chat/completions', 'completions'],
    ['/v1/responses', '/v1/responses', 'responses'],
    ['/v1/embeddings', '/v1/embeddings/', 'embeddings'],
    ['/models', '/models', 'completions'],
    ['/models', '/models/v1/models', 'models'],
  ])('below the prefix %s, %s is %s', (value, path, expected) => {
    const own = isOwnPath(prefix(value).path, path);
    expect(kindOf({method: 'POST', path, own, table: undefined})).toBe(expected);
  });

  it.each([
    [exact('/chat'), '/chat', 'completions'],
    [exact('/chat/responses'), '/chat/responses', 'responses'],
    [regex('/.*'), '/x/embeddings', 'embeddings'],
    [regex('/.*'), '/x/y', 'completions'],
  ])('for a match of whole paths goes by how the path ends: %#', (match, path, expected) => {
    expect(kindOf({method: 'POST', path, own: isOwnPath(match.path, path), table: undefined})).toBe(expected);
  });

  it('lists the models where the bare path is called so and is asked with GET', () => {
    expect(kindOf({method: 'GET', path: '/v1/models', own: true, table: undefined})).toBe('models');
  });

  it.each([
    ['/x/v1/embeddings', 'responses'],
    ['/x/special/v1/embeddings', 'completions'],
    ['/x/v1/embeddings/', 'responses'],
    ['/x/other', 'models'],
  ] as const)("goes by the backend's table first, the longest suffix of it: %s is %s", (path, expected) => {
    const table = compileKinds({
      '*': 'models',
      '/v1/embeddings': 'responses',
      '/special/v1/embeddings': 'completions',
    });
    expect(kindOf({method: 'POST', path, own: false, table})).toBe(expected);
  });

  it("goes by the gateway's table where the backend's has nothing", () => {
    const table = compileKinds({'/ask': 'completions'});
    expect(kindOf({method: 'POST', path: '/x/responses', own: false, table})).toBe('responses');
    expect(kindOf({method: 'POST', path: '/x/other', own: false, table})).toBeUndefined();
  });
});

describe("the deployment in an Azure client's path", () => {
  it.each([
    ['/a/openai/deployments/gpt-4o/chat/completions', 'gpt-4o'],
    ['/openai/deployments/my%20one/embeddings', 'my one'],
    ['/openai/deployments/%E0%A4%A/embeddings', undefined],
    ['/openai/deployments//embeddings', undefined],
    ['/openai/v1/chat/completions', undefined],
    ['/openai/deployments/d/other', undefined],
  ])('of %s is %s', (path, expected) => {
    expect(deploymentInPath(path)).toBe(expected);
  });
});
