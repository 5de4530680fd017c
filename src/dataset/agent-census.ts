import {closeMatch} from '../core/close-match.ts';
import type {Problem} from '../core/errors.ts';
import {type MaterializeOptions, repeatsFor} from './materialize-options.ts';

interface AgentRows {
  rows: number;
  rollouts: number;
  readonly firstLines: number[];
}

const linesNamed = 5;

/** Counts rows by agent, and finds the agents that are not there or have no number of repeats. */
export class AgentCensus {
  readonly #options: MaterializeOptions;
  readonly #agents = new Map<string, AgentRows>();

  constructor(options: MaterializeOptions) {
    this.#options = options;
  }

  /** Adds a row; returns how many rollouts it gets. */
  add(agentName: string, line: number): number {
    const repeats = repeatsFor(agentName, this.#options.numRepeats) ?? 0;
    const agent = this.#agents.get(agentName) ?? {rows: 0, rollouts: 0, firstLines: []};
    agent.rows += 1;
    agent.rollouts += repeats;
    if (agent.firstLines.length < linesNamed) agent.firstLines.push(line);
    this.#agents.set(agentName, agent);
    return repeats;
  }

  /** Rollouts by agent. */
  rollouts(): ReadonlyMap<string, number> {
    return new Map([...this.#agents].map(([name, {rollouts}]) => [name, rollouts]));
  }

  /** Names that no server has, with the lines that use them; and names that a map of repeats leaves out. */
  problems(): readonly Problem[] {
    const {knownAgents, numRepeats} = this.#options;
    const unknown = [...this.#agents].filter(([name]) => knownAgents?.includes(name) === false);
    const unlisted = [...this.#agents.keys()].filter((name) => repeatsFor(name, numRepeats) === undefined);
    const problems = unknown.map(([name, agent]) => this.#unknownAgent(name, agent, knownAgents ?? []));
    if (unlisted.length === 0) return problems;
    const message = `num_repeats says nothing about ${unlisted.join(', ')}`;
    return [...problems, {message, hint: 'Add a number for each of them, or _default for all others.'}];
  }

  /** Agents that a map of repeats lists and no row has. */
  notices(): readonly string[] {
    const {numRepeats} = this.#options;
    if (typeof numRepeats === 'number') return [];
    const unused = Object.keys(numRepeats).filter((name) => name !== '_default' && !this.#agents.has(name));
    return unused.length === 0 ? [] : [`num_repeats lists ${unused.join(', ')}, which no row names`];
  }

  #unknownAgent(name: string, {rows, firstLines}: AgentRows, known: readonly string[]): Problem {
    const nearest = closeMatch(name, known);
    const list = known.length === 0 ? 'There is none.' : `There is: ${known.join(', ')}.`;
    const more = rows > firstLines.length ? ` and ${rows - firstLines.length} more` : '';
    return {
      line: firstLines[0],
      path: 'agent_ref.name',
      message: `there is no agent ${name} (${rows === 1 ? 'line' : 'lines'} ${firstLines.join(', ')}${more})`,
      hint: nearest === undefined ? list : `Did you mean ${nearest}? ${list}`,
    };
  }
}
