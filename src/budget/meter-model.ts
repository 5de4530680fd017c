import {asString, type JsonObject} from '../core/json.ts';
import type {ModelClient} from '../core/ports.ts';
import type {Spending} from '../core/spending.ts';
import {spendingOfReply} from './price.ts';
import type {PriceFinder} from './price-book.ts';

/** The same model; its traces tell what the answer used and, where the price is known, what it costs. */
export function meterModel(model: ModelClient, prices: PriceFinder): ModelClient {
  return async (params, options) => {
    const {response, trace} = await model(params, options);
    const spent = meterReply(response, prices);
    // Spread last: an object to which a member is added after a spread is slow to read.
    return {response, trace: spent === undefined ? trace : {spent, ...trace}};
  };
}

/** What an answer used, and what that costs where it is priced like this. */
export function meterReply(response: JsonObject, prices: PriceFinder): Spending | undefined {
  return spendingOfReply(response, prices.priceOf(asString(response['model']) ?? ''));
}
