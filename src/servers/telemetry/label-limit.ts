/** Lets the first `most` different names through, and calls the others `other`: who makes up names cannot fill the memory. */
export function createLabelLimit(most: number): (name: string | undefined) => string {
  const known = new Set<string>();
  return (name) => {
    if (name === undefined) return '';
    if (known.has(name)) return name;
    if (known.size >= most || name.length > longestLabel) return 'other';
    known.add(name);
    return name;
  };
}

const longestLabel = 120;
