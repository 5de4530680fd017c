/** An override word that Hydra's grammar does not take. Its text never quotes more than one character of the value. */
export class OverrideSyntaxError extends Error {
  static {
    OverrideSyntaxError.prototype.name = 'OverrideSyntaxError';
  }
}
