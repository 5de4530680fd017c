/** Who may start as far as money goes. */
export interface Gate<T> {
  /** `start` has taken what the item may use; `wait`: somebody in flight has to settle first; `stop`: nothing starts any more. */
  admit(item: T): 'start' | 'wait' | 'stop';
  /** Resolves when `admit` may decide otherwise. */
  changed(): Promise<void>;
}

/** The same items, each once the gate lets it through; ends when it says to stop. */
export async function* withinBudget<T>(items: AsyncIterable<T>, gate: Gate<T>): AsyncGenerator<T> {
  for await (const item of items) {
    let decision = gate.admit(item);
    while (decision === 'wait') {
      await gate.changed();
      decision = gate.admit(item);
    }
    if (decision === 'stop') return;
    yield item;
  }
}
