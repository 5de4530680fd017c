import {asString} from '../core/json.ts';
import type {ModelClient} from '../core/ports.ts';
import {spendingOfReply} from './price.ts';
import type {PriceFinder} from './price-book.ts';

/** The same model; its traces tell what the answer used and, where the price is known, what it costs. */
export function meterModel(model: ModelClient, prices: PriceFinder): ModelClient {
  return async (params, options) => {
    const {response, trace} = await model(params, options);
    const spent = spendingOfReply(response, prices.priceOf(asString(response['model']) ?? ''));
    // Spread last: an object to which a member is added after a spread is slow to read.
    return {response, trace: spent === undefined ? trace : {spent, ...trace}};
  };
}
