import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Problem, RollcallError} from '../../src/core/errors.ts';
import type {GatewayConfig} from '../../src/manifests/gateway-config.ts';
import {loadManifests} from '../../src/manifests/load-manifests.ts';

/** One text of documents, with the outcome that its comments ask for. */
export interface ManifestCase {
  readonly topic: string;
  readonly name: string;
  readonly text: string;
  readonly env: Readonly<Record<string, string>>;
  /** What must be found where, and nothing else. */
  readonly problems: readonly ExpectedFinding[];
  readonly warnings: readonly ExpectedFinding[];
  /** `Kind namespace/name: what it resolves to`. */
  readonly results: readonly string[];
  readonly port: string | undefined;
}

interface ExpectedFinding {
  /** Undefined: it has no place. */
  readonly line: number | undefined;
  /** A part of `path: message → hint`. */
  readonly text: string;
}

const folder = 'test/fixtures/manifests';

/** The page's own documents, which a case takes with `# with: secret backend route`. */
const ordinary: Readonly<Record<string, string>> = {
  secret: `
apiVersion: v1
kind: Secret
metadata: {name: azure-openai-secret}
stringData: {Authorization: ordinary-key}
`,
  backend: `
apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata: {name: azure-openai}
spec:
  type: AI
  ai:
    llm:
      azureopenai:
        endpoint: my-endpoint.openai.azure.com
        deploymentName: gpt-4o-mini
        apiVersion: 2024-02-15-preview
        authToken: {kind: SecretRef, secretRef: {name: azure-openai-secret}}
`,
  route: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: azure-openai}
spec:
  rules:
    - matches: [{path: {type: PathPrefix, value: /azure-openai}}]
      backendRefs: [{name: azure-openai, group: gateway.kgateway.dev, kind: Backend}]
`,
  'agent-route': `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: azure-openai}
spec:
  rules:
    - matches: [{path: {type: PathPrefix, value: /azure-openai}}]
      backendRefs: [{name: azure-openai, group: agentgateway.dev, kind: AgentgatewayBackend}]
`,
};

/** Every case of `test/fixtures/manifests`: see the README there. */
export function readCases(): readonly ManifestCase[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => {
      const [, ...parts] = readFileSync(join(folder, file), 'utf8').split(/^#### (.+)\n/m);
      return parts.flatMap((name, index) =>
        index % 2 === 0 ? [readCase(file.replace('.yaml', ''), name, parts[index + 1] ?? '')] : [],
      );
    });
}

function readCase(topic: string, name: string, body: string): ManifestCase {
  const all = (mark: string): string[] =>
    [...body.matchAll(new RegExp(`^# ${mark}: (.+)$`, 'gm'))].map(([, text = '']) => text.trim());
  const shared = all('with').flatMap((names) => names.split(' '));
  const env = all('env').flatMap((text) => {
    const [key = '', ...rest] = text.split('=');
    return [[key, rest.join('=')]];
  });
  return {
    topic,
    name,
    text: [body, ...shared.map((shared) => ordinary[shared] ?? '')].join('\n---\n'),
    env: Object.fromEntries(env) as Record<string, string>,
    problems: findingsIn(body, 'problem'),
    warnings: findingsIn(body, 'warning'),
    results: all('result'),
    port: all('port')[0],
  };
}

/** A mark behind a line speaks of that line; `problem nowhere` of none. */
function findingsIn(body: string, mark: string): readonly ExpectedFinding[] {
  return body.split('\n').flatMap((line, index) => {
    const place = new RegExp(`# ${mark}: (.+)$`).exec(line)?.[1];
    const nowhere = new RegExp(`# ${mark} nowhere: (.+)$`).exec(line)?.[1];
    const texts = (place ?? nowhere)?.split(' && ') ?? [];
    return texts.map((text) => ({line: place === undefined ? undefined : index + 1, text: text.trim()}));
  });
}

/** What comes of a text: the configuration, or its problems. */
export function load(
  text: string,
  env: Readonly<Record<string, string>> = {},
): {readonly config?: GatewayConfig; readonly problems: readonly Problem[]} {
  try {
    return {config: loadManifests([{file: 'case.yaml', text}], {env}), problems: []};
  } catch (error) {
    if (!(error instanceof RollcallError) || error.code !== 'ERR_CONFIG') throw error;
    return {problems: error.problems};
  }
}

/** `path: message → hint`, as the expectations read it. */
export function describeFinding({path, message, hint}: Problem): string {
  return `${path === undefined ? '' : `${path}: `}${message}${hint === undefined ? '' : ` → ${hint}`}`;
}
