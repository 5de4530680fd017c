import {createWriteStream} from 'node:fs';
import {rename, rm} from 'node:fs/promises';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {renderAggregateMetrics} from '../metrics/aggregate-metrics.ts';
import type {MetricsFold} from '../metrics/metrics-fold.ts';
import {storeError} from '../runtime/store-error.ts';

/** Writes the aggregate metrics to `path`, piece by piece; the file is whole or the one from before. Fails with `ERR_STORE_WRITE`. */
export async function writeMetrics(path: string, metrics: MetricsFold): Promise<void> {
  const unfinished = `${path}.unfinished`;
  try {
    await pipeline(
      Readable.from(renderAggregateMetrics(metrics)),
      createWriteStream(unfinished, {flush: true}),
    );
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, {force: true}).catch(() => undefined);
    throw storeError(path, error);
  }
}
