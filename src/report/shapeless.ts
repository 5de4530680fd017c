/**
 * Characters without a shape of their own, for a class of a regular expression: marks that turn the writing direction, line separators,
 * spaces without width. They rewrite what is shown around them.
 */
export const shapeless: string = String.raw`\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff`;
