import {z} from 'zod';

/**
 * A regular expression as written in YAML. A dot matches newlines, since prompts have many lines; Python's leading
 * `(?i)`, `(?m)` and `(?s)` are understood.
 */
export const patternSchema: z.ZodType<RegExp> = z
  .string()
  .min(1)
  .transform((source, context) => {
    const [, flags = '', body = source] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(source) ?? [];
    try {
      return new RegExp(body, [...new Set(`s${flags}`)].join(''));
    } catch (error) {
      context.addIssue({code: 'custom', message: error instanceof Error ? error.message : 'bad pattern'});
      return z.NEVER;
    }
  });
