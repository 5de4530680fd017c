import {asJsonObject, asString} from '../../core/json.ts';
import {normalPath, type RequestIdentity, readJsonBody, requestKey} from './request-key.ts';

const longestPart = 60;
const pattern = /^(?<stem>.+)\.(?<position>\d{3,})\.json$/;

/**
 * What the names of all records of one request begin with: method, operation, deployment or model, and what the request
 * comes to. The same request has the same one, in any run: `post.chat-completions.gpt-4o.1c98a1f4e0b2`.
 */
export function recordStem(request: RequestIdentity): string {
  const segments = normalPath(request.path)
    .split('/')
    .filter((segment) => segment !== '');
  const own = segments.slice(segments.lastIndexOf('openai') + 1).filter((segment) => segment !== 'v1');
  const isDeployed = own[0] === 'deployments';
  const deployment = isDeployed ? own[1] : asString(asJsonObject(readJsonBody(request.body))?.['model']);
  const operation = (isDeployed ? own.slice(2) : own).join('-');
  const parts = [request.method, operation, deployment ?? ''].map(fileNamePart).filter((part) => part !== '');
  return [...parts, requestKey(request).slice(0, 12)].join('.');
}

/** The name of a request's record number `position`, from 1. */
export function recordName(stem: string, position: number): string {
  return `${stem}.${String(position).padStart(3, '0')}.json`;
}

/** What a name made by `recordName` says; undefined for any other. */
export function readRecordName(name: string): {readonly stem: string; readonly position: number} | undefined {
  const {stem, position} = pattern.exec(name)?.groups ?? {};
  return stem === undefined ? undefined : {stem, position: Number(position)};
}

function fileNamePart(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, longestPart);
}
