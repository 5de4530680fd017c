/**
 * A stream whose items come many at a time, as a file is read: what is awaited once a batch, and not once an item, costs a
 * tenth. The items of a batch are made when they are asked for; a batch is read to its end before the next is.
 */
export type Batches<T> = AsyncIterable<Iterable<T>>;

/** The batches with each item passed through `change`, when it is asked for. */
export async function* mapBatches<T, U>(batches: Batches<T>, change: (item: T) => U): Batches<U> {
  for await (const batch of batches) yield mapItems(batch, change);
}

/** The items one by one. */
export async function* itemsOf<T>(batches: Batches<T>): AsyncGenerator<T, void, undefined> {
  for await (const batch of batches) yield* batch;
}

/** All items in a batch of their own. */
export async function* oneBatch<T>(items: Iterable<T>): Batches<T> {
  yield await Promise.resolve(items);
}

function* mapItems<T, U>(items: Iterable<T>, change: (item: T) => U): Generator<U, void, undefined> {
  for (const item of items) yield change(item);
}
