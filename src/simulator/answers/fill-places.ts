/**
 * Fills `$1`, `$&` and `$<name>` in a template from a match, and `$$` with a dollar. A place without its group is
 * left empty; `encode` is applied to what is filled in.
 */
export function fillPlaces(
  template: string,
  match: RegExpExecArray | undefined,
  encode: (text: string) => string = (text) => text,
): string {
  if (match === undefined || !template.includes('$')) return template;
  return template.replace(
    /\$(?:(\$)|(&)|(\d{1,2})|<([^>]+)>)/g,
    (...[, dollar, whole, digits, name]: (string | undefined)[]) => {
      if (dollar !== undefined) return '$';
      if (whole !== undefined) return encode(match[0]);
      const group = digits === undefined ? match.groups?.[name ?? ''] : match[Number(digits)];
      return encode(group ?? '');
    },
  );
}
