import {
  asJsonArray,
  asJsonObject,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../core/json.ts';
import {functionTools} from '../generation/call.ts';
import {invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import {emptyArray, missingParameter, unknownValue, wrongType} from './parameter-values.ts';
import {schemaFault} from './refuse-schema.ts';

type Operation = 'chat' | 'responses';

/** The refusal of tools that are no tools, and of a choice that names none of them. Their list is known to be one. */
export function refuseTools(body: JsonObject, operation: Operation): WholeReply | undefined {
  const tools = asJsonArray(body['tools']);
  if (operation === 'chat') {
    if (tools.length === 0 && Array.isArray(body['tools'])) return emptyArray('tools');
    if (tools.length === 0) return refuseWithoutTools(body);
  }
  for (const [index, tool] of tools.entries()) {
    const refusal = refuseTool(tool, `tools[${index}]`, operation);
    if (refusal !== undefined) return refusal;
  }
  return refuseChoice(body);
}

function refuseWithoutTools(body: JsonObject): WholeReply | undefined {
  const needsTools = ['tool_choice', 'parallel_tool_calls'].find((name) => (body[name] ?? null) !== null);
  if (needsTools === undefined) return undefined;
  return invalidRequest(
    `Invalid value for '${needsTools}': '${needsTools}' is only allowed when 'tools' are specified.`,
    needsTools,
  );
}

function refuseTool(tool: JsonValue, path: string, operation: Operation): WholeReply | undefined {
  if (!isJsonObject(tool)) return wrongType(path, 'object', tool);
  const {type} = tool;
  if (type === undefined) return missingParameter(`${path}.type`);
  // Responses has many tools of the service's own.
  if (operation === 'responses') return type === 'function' ? refuseFunction(tool, path) : undefined;
  if (type === 'custom') return undefined;
  if (type !== 'function') return unknownValue(`${path}.type`, type, ['function', 'custom']);
  const declared = tool['function'];
  if (declared === undefined) return missingParameter(`${path}.function`);
  if (!isJsonObject(declared)) return wrongType(`${path}.function`, 'object', declared);
  return refuseFunction(declared, `${path}.function`);
}

function refuseFunction({name, parameters, strict}: JsonObject, path: string): WholeReply | undefined {
  if (name === undefined) return missingParameter(`${path}.name`);
  if (typeof name !== 'string') return wrongType(`${path}.name`, 'string', name);
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    return invalidRequest(
      `Invalid '${path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${path}.name`,
      'invalid_value',
    );
  }
  if (parameters === undefined || parameters === null) return undefined;
  if (!isJsonObject(parameters)) return wrongType(`${path}.parameters`, 'object', parameters);
  const fault = strict === true ? schemaFault(parameters) : undefined;
  if (fault === undefined) return undefined;
  return invalidRequest(
    `Invalid schema for function '${name}': ${fault}`,
    `${path}.parameters`,
    'invalid_function_parameters',
  );
}

const choices = ['none', 'auto', 'required'];

function refuseChoice(body: JsonObject): WholeReply | undefined {
  const choice = body['tool_choice'];
  if (choice === undefined || choice === null) return undefined;
  if (typeof choice === 'string')
    return choices.includes(choice) ? undefined : unknownValue('tool_choice', choice, choices);
  if (!isJsonObject(choice)) return wrongType('tool_choice', 'string or an object', choice);
  if (choice['type'] !== 'function') return undefined;
  const name = asString(asJsonObject(choice['function'])?.['name']) ?? asString(choice['name']);
  if (name === undefined) return missingParameter('tool_choice.name');
  if (functionTools(body).some((tool) => tool.name === name)) return undefined;
  return invalidRequest(`Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice');
}
