import type {Price} from './price.ts';

/** Prices by name, the user's own and those that the package brings. */
export interface PriceLists {
  /** By the name of an instance, of a deployment or of a model. */
  readonly own: ReadonlyMap<string, Price>;
  /** By the name of a model. */
  readonly listed: ReadonlyMap<string, Price>;
}

/** Whose price is asked for. */
export interface PricedModel {
  /** What the user calls it: an instance, a deployment of it. Most telling first. */
  readonly names: readonly string[];
  /** What the configuration says that the model is. Most telling first. */
  readonly models: readonly string[];
}

/**
 * Finds the price of one deployment's answers: what the user set for it by name; else for the model that the reply names;
 * else for the model that the configuration names. A model of which nothing is known has no price.
 */
export class PriceFinder {
  readonly #lists: PriceLists;
  readonly #ofName: Price | undefined;
  readonly #ofConfiguration: Price | undefined;
  #model: string | undefined;
  #price: Price | undefined;

  constructor(lists: PriceLists, {names, models}: PricedModel) {
    this.#lists = lists;
    this.#ofName = firstOf(names, (name) => lists.own.get(name));
    this.#ofConfiguration = firstOf(models, (model) => priceOfModel(model, lists));
    this.#price = this.expected;
  }

  /** The price before any reply has named its model. */
  get expected(): Price | undefined {
    return this.#ofName ?? this.#ofConfiguration;
  }

  /** The price of an answer whose reply names `model`. */
  priceOf(model: string): Price | undefined {
    if (this.#ofName !== undefined) return this.#ofName;
    // A deployment's replies name one model, time after time.
    if (model !== this.#model) {
      this.#model = model;
      this.#price = priceOfModel(model, this.#lists) ?? this.#ofConfiguration;
    }
    return this.#price;
  }
}

/** By its whole name, else by that without its date. The user's own prices go before those of the package. */
function priceOfModel(model: string, {own, listed}: PriceLists): Price | undefined {
  const name = model.trim().toLowerCase();
  const family = name.replace(/-(\d{4}-\d{2}-\d{2}|\d{4}|latest)$/, '');
  return own.get(model) ?? own.get(name) ?? own.get(family) ?? listed.get(name) ?? listed.get(family);
}

function firstOf<T>(names: readonly string[], find: (name: string) => T | undefined): T | undefined {
  for (const name of names) {
    const found = find(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
