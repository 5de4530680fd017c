import type {CallEffect} from '../core/errors.ts';

/** What an error's code alone tells about it, wherever it was met. */
export interface CodeMeaning {
  /** Undefined: the code does not say more than the status. */
  readonly effect: CallEffect | undefined;
  readonly unreachable: boolean;
  readonly throttled: boolean;
}

// Ours (docs/errors.md): credentials, deployment, version and address; no call to the model behind the server can succeed.
const endingCodes: ReadonlySet<string> = new Set([
  'ERR_MODEL_AUTH',
  'ERR_MODEL_API_VERSION',
  'ERR_MODEL_DEPLOYMENT_NOT_FOUND',
  'ERR_MODEL_RESOURCE_NOT_FOUND',
  'ERR_MODEL_FORBIDDEN',
  'ERR_MODEL_OPERATION',
  'ERR_MODEL_FILTER_POLICY',
  'ERR_MODEL_HEADERS',
  'ERR_MODEL_REDIRECT',
  'ERR_MODEL_TLS',
  'ERR_CONFIG',
  'ERR_CREDENTIALS',
  'ERR_ENDPOINT',
  'ERR_HEADERS',
  // The same in the words of Azure, OpenAI and our own door.
  'invalid_server_token',
  'invalid_api_key',
  'DeploymentNotFound',
  'model_not_found',
  'unknown_model',
  'OperationNotSupported',
  'PermissionDenied',
  'AuthenticationTypeDisabled',
]);
const settingsCodes: ReadonlySet<string> = new Set([
  'ERR_MODEL_PARAMETER',
  'unsupported_parameter',
  'unsupported_value',
]);
const unreachableCodes: ReadonlySet<string> = new Set(['ERR_MODEL_UNREACHABLE', 'ERR_MODEL_TLS']);
const throttledCodes: ReadonlySet<string> = new Set([
  'ERR_MODEL_RATE_LIMIT',
  'ERR_MODEL_OVERLOADED',
  'ERR_MODEL_QUOTA_EXHAUSTED',
]);

/** Reads a code of ours, of Azure's or of OpenAI's. */
export function meaningOf(code: string | undefined): CodeMeaning {
  return {
    effect: code === undefined ? undefined : effectOf(code),
    unreachable: code !== undefined && unreachableCodes.has(code),
    throttled: code !== undefined && throttledCodes.has(code),
  };
}

/** Whether a code is one of ours, to be kept as it is. */
export function isOwnCode(code: string | undefined): code is string {
  return code !== undefined && /^ERR_[A-Z0-9_]{2,60}$/.test(code);
}

function effectOf(code: string): CallEffect | undefined {
  if (endingCodes.has(code)) return 'run';
  return settingsCodes.has(code) ? 'settings' : undefined;
}
