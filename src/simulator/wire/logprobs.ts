import type {Random} from '../../core/clock.ts';
import type {JsonObject} from '../../core/json.ts';
import {splitTokens} from '../generation/tokens.ts';

/** One entry a token of `text`, each with `alternatives` likeliest tokens, drawn by chance and in falling order. */
export function logprobsOf(text: string, alternatives: number, random: Random): readonly JsonObject[] {
  return splitTokens(text).map((token) => {
    const logprob = -random() * 0.5;
    const top = Array.from({length: alternatives}, (_, rank) =>
      rank === 0
        ? entry(token, logprob)
        : entry(`${token.slice(0, 1)}${rank}`, logprob - rank * (0.5 + random())),
    );
    return {...entry(token, logprob), top_logprobs: top.sort((a, b) => b.logprob - a.logprob)};
  });
}

function entry(token: string, logprob: number): {token: string; logprob: number; bytes: number[]} {
  return {token, logprob: Math.round(logprob * 1e6) / 1e6, bytes: [...Buffer.from(token)]};
}
