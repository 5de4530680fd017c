import {createWriteStream} from 'node:fs';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {renderAggregateMetrics} from '../metrics/aggregate-metrics.ts';
import type {MetricsFold} from '../metrics/metrics-fold.ts';
import {replaceFile} from '../runtime/replace-file.ts';

/** Writes the aggregate metrics to `path`, piece by piece; the file is whole or the one from before. Fails with `ERR_STORE_WRITE`. */
export function writeMetrics(path: string, metrics: MetricsFold): Promise<void> {
  return replaceFile(path, (place) =>
    pipeline(Readable.from(renderAggregateMetrics(metrics)), createWriteStream(place)),
  );
}
