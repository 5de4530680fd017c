import {basename, dirname, join} from 'node:path';
import {asNumber} from '../core/json.ts';
import {additionsOfTable, overallMetrics} from '../metrics/aggregate-metrics.ts';
import {meanByCluster} from '../metrics/clustered-mean.ts';
import type {AgentTable} from '../metrics/metrics-fold.ts';
import {passAtK} from '../metrics/pass-at-k.ts';
import type {AgentFigures, RunFigures} from '../report/html/report-model.ts';
import {readManifest} from '../store/manifest.ts';
import {missingOf, noticesOf} from './census-report.ts';
import type {RunReading} from './run-reading.ts';
import {runSettingsOf} from './run-settings.ts';

/** The figures of an output that was read. Fails with `ERR_OUTPUT_MANIFEST`. */
export async function figuresOf(reading: RunReading, isBeingWritten: boolean): Promise<RunFigures> {
  const {census, paths, rows, failed, failedAndWanted, failureKinds} = reading;
  const manifest = await readManifest(paths.manifest);
  const [table] = reading.overall.tables();
  const rewards = table?.columns.get('reward');
  const missing = missingOf(census);
  const isPlanned = census.unplanned.length === 0;
  const kinds = Array.from(failureKinds, ([name, count]) => ({name, count}));
  const notices = noticesOf(census);
  return {
    output: reading.name,
    failures: join(dirname(reading.name), basename(paths.failures)),
    settings: runSettingsOf(manifest),
    done: census.done.size,
    failed,
    missing: missing.count - failedAndWanted,
    wanted: isPlanned ? census.wanted.size : undefined,
    reward: table && rewards && meanByCluster(rewards, table.tasks),
    passAtK: table === undefined ? [] : passAtK(table),
    counts: table === undefined ? {} : additionsOfTable(table),
    agents: reading.byAgent.tables().map(agentFigures),
    records: reading.tally.figures(),
    failedAttempts: kinds.sort((a, b) => b.count - a.count),
    distributions: {
      rewards: rows.columns.reward,
      milliseconds: rows.columns.ms,
      answerLengths: rows.columns.length,
    },
    notices: isBeingWritten ? [...notices, 'A run was writing to this output while it was read.'] : notices,
  };
}

function agentFigures(table: AgentTable): AgentFigures {
  const {agent_metrics: statistics} = overallMetrics(table);
  return {
    name: table.agentName,
    meanReward: asNumber((statistics as Record<string, number>)['mean/reward']),
    counts: additionsOfTable(table),
  };
}
