import type {Timing} from '../wire/reply.ts';
import type {Call} from './call.ts';
import {randomFor} from './request-hash.ts';

/** Layer "latency": the time to the first token drawn from the deployment's lognormal, and that of each token. */
export function timingOf({deployment, hash}: Call): Timing {
  const {firstTokenMedianMs: median, firstTokenSigma: sigma, perTokenMs} = deployment.settings.latency;
  if (median === 0 || sigma === 0) return {firstTokenMs: median, perTokenMs};
  const random = randomFor(hash, 'latency');
  // Box and Muller; 1 - u keeps the logarithm finite.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return {firstTokenMs: median * Math.exp(sigma * normal), perTokenMs};
}
