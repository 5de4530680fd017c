/** Flags as they were given, by commander's camelCase names; values are still text. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** What a command line asks for: the flags, and NeMo Gym overrides as bare words. */
export interface Invocation {
  readonly flags: Flags;
  readonly overrides: readonly string[];
  /** Files that the command is about, for commands that need no configuration. */
  readonly paths: readonly string[];
  /** The command line behind `--`, for `run`; undefined without the dashes. */
  readonly child: readonly string[] | undefined;
}
