export {
  type CollectHooks,
  type CollectReport,
  type CollectRequest,
  collect,
  type LiveCounts,
} from './app/collect.ts';
export type {AppEnvironment} from './app/environment.ts';
export type {ConfigSources} from './app/load-run-config.ts';
export {type RunningServers, type RunRequest, runServers} from './app/run-servers.ts';
export {type RunningServer} from './app/services.ts';
export {type ValidateReport, validate} from './app/validate.ts';
export {type Cancellation, CancellationSource} from './core/cancellation.ts';
export {CallError, CancelledError, type Problem, RollcallError} from './core/errors.ts';
export type {JsonObject, JsonValue} from './core/json.ts';
export type {Logger} from './core/ports.ts';
export {createRedactor, type Redactor} from './core/redact.ts';
export {toResponsesRequest} from './protocol/chat-request-to-responses.ts';
export {toResponse} from './protocol/chat-to-responses.ts';
export {toChatRequest} from './protocol/responses-to-chat.ts';
export {toChatCompletion} from './protocol/responses-to-chat-completion.ts';
export {systemClock} from './runtime/clock.ts';
export {systemRandom} from './runtime/random.ts';
export {parseSimulatorSettings} from './simulator/settings/parse-simulator-settings.ts';
export {type Simulator, startSimulator} from './simulator/simulator.ts';
