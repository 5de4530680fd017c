import type {AuthKind} from '../checks/authorize.ts';
import type {FaultKind} from '../settings/simulator-settings.ts';

/** What the simulator remembers of a request. Never a key, never its text. */
export interface LedgerEntry {
  /** By arrival, from 1. */
  readonly sequence: number;
  /** Unix milliseconds. */
  readonly arrived_at: number;
  readonly method: string;
  readonly path: string;
  readonly deployment: string | null;
  readonly operation: string | null;
  readonly api_version: string | null;
  readonly auth: AuthKind;
  readonly client_request_id: string | null;
  readonly request_id: string;
  readonly stream: boolean;
  /** The layer that replied; `answer` is the model itself. */
  readonly decision: string;
  /** Null where no reply is sent. */
  readonly status: number | null;
  readonly fault: FaultKind | null;
  /** Tokens charged on arrival. */
  readonly cost: number | null;
  readonly remaining_requests: number | null;
  readonly remaining_tokens: number | null;
  /** Of provisioned throughput when the request was decided about; 1 is all of it. */
  readonly utilization: number | null;
  /** The provisioned deployment that handed it on, and the status of its refusal. */
  readonly spilled_from: string | null;
  readonly spillover_error: number | null;
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
  /** How the exchange ended: `sent` whole, or `cut`; null while it lasts. */
  ended: 'sent' | 'cut' | null;
  /** From arrival to end. */
  duration_ms: number | null;
}

interface DeploymentTotals {
  requests: number;
  rejected: number;
  /** Refused by it, and handed on to the deployment behind it; these count as that one's requests. */
  spilled: number;
  cost: number;
  prompt_tokens: number;
  completion_tokens: number;
}

/** Exact over all requests since the start or the last reset. */
export interface LedgerSummary {
  readonly requests: number;
  readonly by_status: Readonly<Record<string, number>>;
  readonly by_decision: Readonly<Record<string, number>>;
  readonly by_fault: Readonly<Record<string, number>>;
  readonly by_deployment: Readonly<Record<string, Readonly<DeploymentTotals>>>;
  readonly in_flight: number;
  readonly in_flight_peak: number;
}

/** The memory of what came in: the last entries one by one, the totals of all. */
export interface Ledger {
  /** One more request, in flight until it is finished. */
  record(entry: LedgerEntry): void;
  /** The request of this entry is over. */
  finish(entry: LedgerEntry, ended: 'sent' | 'cut', durationMs: number): void;
  /** Those still remembered with a sequence above `since`, oldest first. */
  entries(since?: number): readonly LedgerEntry[];
  summary(): LedgerSummary;
  reset(): void;
}

/** An empty ledger that remembers the last `capacity` requests one by one. */
export function createLedger(capacity: number): Ledger {
  let ring: LedgerEntry[] = [];
  let written = 0;
  let inFlight = 0;
  let totals = createTotals();
  return {
    record(entry) {
      inFlight++;
      totals.peak = Math.max(totals.peak, inFlight);
      ring[written % capacity] = entry;
      written++;
      addTo(totals, entry);
    },
    finish(entry, ended, durationMs) {
      inFlight--;
      entry.ended = ended;
      entry.duration_ms = durationMs;
    },
    entries(since = 0) {
      const oldest = written > capacity ? written % capacity : 0;
      return [...ring.slice(oldest), ...ring.slice(0, oldest)].filter(({sequence}) => sequence > since);
    },
    summary: () => ({
      requests: totals.requests,
      by_status: Object.fromEntries(totals.byStatus),
      by_decision: Object.fromEntries(totals.byDecision),
      by_fault: Object.fromEntries(totals.byFault),
      by_deployment: Object.fromEntries([...totals.byDeployment].map(([name, each]) => [name, {...each}])),
      in_flight: inFlight,
      in_flight_peak: totals.peak,
    }),
    reset() {
      ring = [];
      written = 0;
      totals = createTotals();
      totals.peak = inFlight;
    },
  };
}

interface Totals {
  requests: number;
  peak: number;
  readonly byStatus: Map<string, number>;
  readonly byDecision: Map<string, number>;
  readonly byFault: Map<string, number>;
  readonly byDeployment: Map<string, DeploymentTotals>;
}

function createTotals(): Totals {
  return {
    requests: 0,
    peak: 0,
    byStatus: new Map(),
    byDecision: new Map(),
    byFault: new Map(),
    byDeployment: new Map(),
  };
}

function addTo(totals: Totals, entry: LedgerEntry): void {
  totals.requests++;
  increment(totals.byStatus, entry.status === null ? 'none' : String(entry.status));
  increment(totals.byDecision, entry.decision);
  if (entry.fault !== null) increment(totals.byFault, entry.fault);
  if (entry.deployment === null) return;
  const sums = totalsOf(totals, entry.deployment);
  if (entry.spilled_from !== null) totalsOf(totals, entry.spilled_from).spilled++;
  sums.requests++;
  if (entry.decision === 'rate-limit') sums.rejected++;
  else sums.cost += entry.cost ?? 0;
  sums.prompt_tokens += entry.prompt_tokens ?? 0;
  sums.completion_tokens += entry.completion_tokens ?? 0;
}

function totalsOf({byDeployment}: Totals, name: string): DeploymentTotals {
  const known = byDeployment.get(name);
  if (known !== undefined) return known;
  const fresh = {requests: 0, rejected: 0, spilled: 0, cost: 0, prompt_tokens: 0, completion_tokens: 0};
  byDeployment.set(name, fresh);
  return fresh;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
