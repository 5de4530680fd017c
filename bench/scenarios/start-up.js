import {measure, program} from '../processes.js';
import {inTurns, median} from '../rounds.js';

/** What a user waits for before anything happens. */
export async function startUp(stage) {
  const targets = [
    ['-e', '0'],
    [program, '--help'],
  ];
  const [ratios, times] = [[], [[], []]];
  for (let round = 0; round < stage.rounds(15, 5); round++) {
    const [node, help] = await inTurns(round, targets, (args) =>
      measure({command: process.execPath, args}, stage),
    );
    ratios.push(help.wallMs / node.wallMs);
    times[0].push(node.wallMs);
    times[1].push(help.wallMs);
  }
  return {
    title: 'Start-up',
    notes: [
      'In a bare environment: NODE_EXTRA_CA_CERTS, where it is set, costs both commands the same and flatters the ratio.',
    ],
    tables: [
      {
        caption: `${ratios.length} pairs`,
        columns: ['command', 'ms'],
        lines: ['node -e 0', 'rollcall --help'].map((name, index) => [name, median(times[index]).toFixed(0)]),
      },
    ],
    goals: [{what: '`--help` ÷ `node -e 0`', value: median(ratios), atMost: 2.2}],
  };
}
