const tolerance = 1e-9;

/** Takes the metrics of the reward and of the tokens from the records anew, and compares. */
export function checkMetrics(records, [entry, ...others]) {
  if (entry === undefined || others.length > 0) return ['the metrics do not have the one agent'];
  const rewards = records.map(({reward}) => reward);
  const problems = compare('all rollouts', entry.agent_metrics, {
    ...statisticsOf('reward', rewards),
    ...statisticsOf(
      'total_tokens',
      records.map(({response}) => response.usage.total_tokens),
    ),
  });
  const tasks = groupByTask(records);
  if (entry.group_level_metrics.length !== tasks.size)
    problems.push('the metrics have other tasks than the output');
  for (const group of entry.group_level_metrics) {
    const task = group._ng_task_index;
    const its = (tasks.get(task) ?? []).map(({reward}) => reward);
    const expected = {'mean/reward': meanOf(its), num_rollouts: its.length, missing_num_rollouts: 0};
    problems.push(...compare(`task ${task}`, group, expected));
  }
  return problems;
}

function groupByTask(records) {
  const tasks = new Map();
  for (const record of records) {
    const task = record._ng_task_index;
    tasks.set(task, [...(tasks.get(task) ?? []), record]);
  }
  return tasks;
}

function statisticsOf(name, values) {
  const mean = meanOf(values);
  const sorted = [...values].sort((a, b) => a - b);
  const middle = [sorted[Math.floor((values.length - 1) / 2)], sorted[Math.floor(values.length / 2)]];
  const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    [`mean/${name}`]: mean,
    [`max/${name}`]: sorted.at(-1),
    [`min/${name}`]: sorted[0],
    [`median/${name}`]: meanOf(middle),
    ...(values.length > 1 ? {[`std/${name}`]: Math.sqrt(spread / (values.length - 1))} : {}),
  };
}

function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function compare(what, actual, expected) {
  return Object.entries(expected).flatMap(([key, value]) =>
    Math.abs(actual[key] - value) <= tolerance * Math.max(1, Math.abs(value))
      ? []
      : [`${key} of ${what} is ${actual[key]} in the metrics, ${value} by the records`],
  );
}
