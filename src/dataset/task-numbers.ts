import {hash} from 'node:crypto';
import {KeyTable} from '../core/key-table.ts';
import {NumberColumn} from '../core/number-column.ts';

/** Which task a row belongs to. */
export interface RowTask {
  /** `_ng_task_index`. */
  readonly taskIndex: number;
  /** Dense number of the task, from 0, in order of first appearance: for tables by task. */
  readonly slot: number;
}

/** The finished numbering: row index → task. */
export interface TaskNumbers {
  /** How many different tasks there are. */
  readonly tasks: number;
  /** Lets go of all the numbers, for a run that has its rows in a file. */
  release(): void;
  taskOf(rowIndex: number): RowTask;
}

const twoTo32 = 4_294_967_296;

/**
 * Numbers tasks as NeMo Gym does: a stamped `_ng_task_index` stays, any other row gets the index of the first row
 * that is byte for byte the same, line ends apart. Where such a number is some row's stamp, the task gets the lowest
 * number from the row count on that nothing else has, so that two tasks never share one.
 */
export class TaskNumbering {
  readonly #table = new KeyTable();
  readonly #slotOfRow = new NumberColumn('uint32');
  /** By slot: the stamp; or −1 − the index of the task's first row, for a number of ours. */
  readonly #numberOfSlot = new NumberColumn('float64');

  /** Adds the next row; returns its task's slot. */
  add(bytes: Buffer, stamp: number | undefined): number {
    const row = this.#slotOfRow.length;
    const slots = this.#table.size;
    const slot = stamp === undefined ? this.#internLine(bytes) : this.#table.intern(...stampKey(stamp));
    if (slot === slots) this.#numberOfSlot.push(stamp ?? -1 - row);
    this.#slotOfRow.push(slot);
    return slot;
  }

  /** Settles the numbers. Nothing can be added any more. */
  finish(): TaskNumbers {
    const isStamp = (taskIndex: number): boolean => this.#table.find(...stampKey(taskIndex)) !== -1;
    const numbers = this.#numberOfSlot;
    const slots = this.#slotOfRow;
    let spare = slots.length;
    for (let slot = 0; slot < numbers.length; slot++) {
      if (numbers.get(slot) >= 0) continue;
      const firstRow = -1 - numbers.get(slot);
      if (isStamp(firstRow)) {
        while (isStamp(spare)) spare += 1;
        numbers.set(slot, spare++);
      } else {
        numbers.set(slot, firstRow);
      }
    }
    return numbersOf(slots, numbers);
  }

  /** Half of a SHA-256: no two lines share one, not even lines made to. */
  #internLine(bytes: Buffer): number {
    // As text: a buffer for each line would burden the collector more than the hashing.
    const digest = hash('sha256', bytes, 'binary');
    return this.#table.intern(wordAt(digest, 0), wordAt(digest, 4), wordAt(digest, 8), wordAt(digest, 12));
  }
}

/** Apart from the class, so that what it returns keeps the two columns alive and not the table. */
function numbersOf(slots: NumberColumn, numbers: NumberColumn): TaskNumbers {
  let [slotOfRow, numberOfSlot] = [slots, numbers];
  return {
    tasks: numbers.length,
    release() {
      [slotOfRow, numberOfSlot] = [new NumberColumn('uint32'), new NumberColumn('float64')];
    },
    taskOf(rowIndex) {
      const slot = slotOfRow.get(rowIndex);
      return {slot, taskIndex: numberOfSlot.get(slot)};
    },
  };
}

function stampKey(stamp: number): [number, number, number, number] {
  return [stamp % twoTo32, Math.floor(stamp / twoTo32), 0, 0];
}

function wordAt(digest: string, at: number): number {
  const high = (digest.charCodeAt(at) << 24) | (digest.charCodeAt(at + 1) << 16);
  return (high | (digest.charCodeAt(at + 2) << 8) | digest.charCodeAt(at + 3)) >>> 0;
}
