/** What a reply or a refusal told: the utilisation that the service saw when a call arrived. */
export interface UtilizationReading {
  /** Tokens sent until then, that call's included, less what came back. */
  readonly sent: number;
  readonly atMs: number;
  /** 1 is all of the throughput. */
  readonly utilization: number;
}

// How long readings count for the slopes: a few of the service's own windows.
const memoryMs = 60_000;
// How quickly the level follows readings that are not what was foreseen.
const correctionMs = 5_000;
// Before anything is known a full bucket is a minute's work, as the portal's figures suggest.
const usualPerMs = 1 / 60_000;
const leastPerMs = 1 / 300_000;
const mostPerMs = 1 / 500;
// Down here the bucket may have been empty in between, and time have lowered nothing.
const nearlyEmpty = 0.1;
// What was found before counts for so large a share of the readings: where they say little, it is kept.
const priorShare = 0.02;
// Calls sent closer together may arrive in any order.
const reorderMs = 100;
const roundedBy = 0.000_5;
const oneSecondMs = 1_000;
// How far apart two readings are that tell how much is worked off in the long run.
const anchorMs = 20_000;

/**
 * A leaky bucket as seen from outside: each token raises the utilisation by so much, each millisecond lowers it by so
 * much, as long as it is not empty. Both are found by least squares over the differences between readings of the last
 * minute: the readings themselves rise and fall with the pace that is kept, and would not tell the two apart. What they
 * do not explain (other clients, guesses at output) moves the level.
 */
export class UtilizationModel {
  #perToken = 0;
  #perMs = usualPerMs;
  /** The last reading, with the level that it left us believing in. */
  #last: UtilizationReading | undefined;
  #lastRead: UtilizationReading | undefined;
  #anchor: UtilizationReading | undefined;
  #fittedAtMs = 0;
  #sums = {sentSent: 0, sentTime: 0, timeTime: 0, sentUse: 0, timeUse: 0};

  get isKnown(): boolean {
    return this.#last !== undefined;
  }

  /** What a token adds. */
  get perToken(): number {
    return this.#perToken;
  }

  /** What a millisecond takes away. */
  get perMs(): number {
    return this.#perMs;
  }

  /** The utilisation after so many tokens sent; below 0 where the bucket has been empty for a while. */
  levelAt(nowMs: number, sent: number): number {
    if (this.#last === undefined) return 0;
    const {utilization, ...last} = this.#last;
    return utilization + this.#perToken * (sent - last.sent) - this.#perMs * (nowMs - last.atMs);
  }

  /** The reply to a call of `tokens`; `callTokens` is what one takes on average. */
  learn(reading: UtilizationReading, tokens: number, callTokens: number): void {
    const {sent, atMs, utilization} = reading;
    const last = this.#lastRead;
    if (this.#last === undefined || last === undefined) {
      this.#perToken = sent > 0 ? utilization / sent : 0;
      this.#last = reading;
      this.#lastRead = reading;
      return;
    }
    const gapMs = atMs - last.atMs;
    if (Math.abs(gapMs) >= reorderMs) {
      this.#fitTo(reading, last, callTokens);
      this.#lastRead = reading;
    }
    // Where little is in it, the call itself is at most all of that.
    if (utilization <= nearlyEmpty)
      this.#perToken = Math.min(this.#perToken, (utilization + roundedBy) / Math.max(1, tokens));
    const foreseen = this.levelAt(atMs, sent);
    const share = 1 - Math.exp(-Math.max(Math.abs(gapMs), 10) / correctionMs);
    const level = foreseen + share * (utilization - foreseen);
    // Replies come in any order: the level is kept at the latest call that is known of.
    if (atMs >= this.#last.atMs) this.#last = {sent, atMs, utilization: level};
    else this.#last = {...this.#last, utilization: this.#last.utilization + level - foreseen};
  }

  /** A call was refused, of which nothing is in `sent`: the utilisation is at least that, whatever was foreseen. */
  raise(reading: UtilizationReading): void {
    const {sent, atMs, utilization} = reading;
    if (this.#last === undefined) this.#perToken = sent > 0 ? utilization / sent : 0;
    else if (this.levelAt(atMs, sent) >= utilization) return;
    this.#last = reading;
  }

  /** To the reading before, and to one from a while ago: that tells how much is worked off in the long run. */
  #fitTo(reading: UtilizationReading, last: UtilizationReading, callTokens: number): void {
    const anchor = this.#anchor;
    if (reading.utilization <= nearlyEmpty) {
      this.#anchor = undefined;
      return;
    }
    if (last.utilization > nearlyEmpty) this.#fit(reading, last, callTokens);
    if (anchor !== undefined && reading.atMs - anchor.atMs > anchorMs / 2)
      this.#fit(reading, anchor, callTokens);
    if (anchor === undefined || reading.atMs - anchor.atMs > anchorMs) this.#anchor = reading;
  }

  /** Adds what lies between two readings, and solves for both slopes: held to the last ones as by one call and one second. */
  #fit(reading: UtilizationReading, before: UtilizationReading, callTokens: number): void {
    const sent = reading.sent - before.sent;
    const timeMs = reading.atMs - before.atMs;
    const use = reading.utilization - before.utilization;
    const sums = this.#sums;
    const fading = Math.exp(-Math.max(0, reading.atMs - this.#fittedAtMs) / memoryMs);
    this.#fittedAtMs = Math.max(this.#fittedAtMs, reading.atMs);
    sums.sentSent = fading * sums.sentSent + sent ** 2;
    sums.sentTime = fading * sums.sentTime + sent * timeMs;
    sums.timeTime = fading * sums.timeTime + timeMs ** 2;
    sums.sentUse = fading * sums.sentUse + sent * use;
    sums.timeUse = fading * sums.timeUse + timeMs * use;
    const holdSent = priorShare * sums.sentSent + callTokens ** 2;
    const holdTime = priorShare * sums.timeTime + oneSecondMs ** 2;
    const [a, d] = [sums.sentSent + holdSent, sums.timeTime + holdTime];
    const [e, f] = [sums.sentUse + holdSent * this.#perToken, sums.timeUse - holdTime * this.#perMs];
    const determinant = a * d - sums.sentTime ** 2;
    const perToken = (e * d - f * sums.sentTime) / determinant;
    const perMs = (e * sums.sentTime - f * a) / determinant;
    // A slope of the wrong sign is noise of a deployment that has hardly anything to do.
    if (!(perToken > 0)) return;
    this.#perToken = perToken;
    this.#perMs = Math.min(mostPerMs, Math.max(leastPerMs, perMs));
  }
}
