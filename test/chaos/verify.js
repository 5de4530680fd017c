/** What `rollcall verify` finds wrong with the output. */
export async function verify(_scene) {
  return [];
}
