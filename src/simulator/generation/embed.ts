import {digest, randomFor} from './request-hash.ts';

export interface EmbedOptions {
  readonly seed: number;
  /** Two deployments of one model make the same vectors. */
  readonly model: string;
  readonly dimensions: number;
}

/**
 * The vector of a text: of length one, in a direction drawn from seed, model and text. A shorter one is the beginning of
 * the longer one, brought to length one again, as the models that shorten do it. Numbers have eight decimals.
 */
export function embed(text: string, {seed, model, dimensions}: EmbedOptions): readonly number[] {
  const random = randomFor(digest(`${seed}\n${model}\n${text}`), 'embedding');
  // Box and Muller: normal draws point everywhere alike. 1 - u keeps the logarithm finite.
  const draws = Array.from(
    {length: dimensions},
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
  const length = Math.sqrt(draws.reduce((sum, draw) => sum + draw * draw, 0));
  return draws.map((draw) => Math.round((draw / length) * 1e8) / 1e8);
}
