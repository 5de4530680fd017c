import {type RequestIdentity, requestKey} from '../record/request-key.ts';
import type {NamedRecord} from './load-records.ts';

/** The records by what they answer. */
export interface RecordBook {
  readonly records: readonly NamedRecord[];
  /** The next record of this request: in the order in which they were made, the last again and again. */
  next(request: RequestIdentity): NamedRecord | undefined;
  /** Begins with the first of each request again. */
  reset(): void;
}

/** A book of records, given in the order in which they were made. */
export function createRecordBook(records: readonly NamedRecord[]): RecordBook {
  const pages = new Map<string, NamedRecord[]>();
  for (const record of records) {
    const key = requestKey(record.request);
    const page = pages.get(key);
    if (page === undefined) pages.set(key, [record]);
    else page.push(record);
  }
  const given = new Map<string, number>();
  return {
    records,
    next(request) {
      const key = requestKey(request);
      const page = pages.get(key);
      if (page === undefined) return undefined;
      const position = given.get(key) ?? 0;
      given.set(key, position + 1);
      return page[Math.min(position, page.length - 1)];
    },
    reset() {
      given.clear();
    },
  };
}
