/** What `rollcall verify` finds wrong with the output: all is there, and after kills a record may only be vouched for later. */
export async function verify(scene) {
  const {exitCode, stderr} = await scene.run(['verify', 'out.jsonl', '-i', 'rows.jsonl']);
  return exitCode === 0 ? [] : [`verify ends with exit code ${exitCode}: ${stderr.slice(-2000)}`];
}
