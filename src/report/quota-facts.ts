import type {DeploymentUse} from '../core/deployment-use.ts';
import {formatCounted, formatShare} from './format-quantity.ts';
import {toPlainLine} from './plain-text.ts';

// Below it a maximum reserves little more than answers need.
const wastefulRatio = 2;
const longestName = 40;

/** What a run made of its quotas, one text a deployment whose limits it came up against; a hint where maxima waste them. */
export function quotaTexts(deployments: readonly DeploymentUse[]): readonly string[] {
  return deployments.flatMap((use) => {
    const text = quotaText(use);
    if (text === undefined) return [];
    const name = deployments.length > 1 ? `${toPlainLine(use.name, longestName)}: ` : '';
    return [name + text + wasteText(use)];
  });
}

function quotaText({
  useAtSaturation,
  saturatedMinutes,
  meanUtilization,
  ...use
}: DeploymentUse): string | undefined {
  const refused = use.refused > 0 ? `, ${formatCounted(use.refused, 'call')} refused` : '';
  if (meanUtilization !== undefined)
    return `provisioned throughput ${formatShare(Math.min(1, meanUtilization), 1)} in use on average${refused}`;
  if (useAtSaturation === undefined) return use.refused > 0 ? refused.slice(2) : undefined;
  const limit =
    use.limitTokens === undefined
      ? formatCounted(use.limitRequests ?? 0, 'request')
      : formatCounted(use.limitTokens, 'token');
  const minutes = formatCounted(saturatedMinutes, 'minute');
  return `${formatShare(Math.min(1, useAtSaturation), 1)} of ${limit} a minute used, over ${minutes} in which calls waited${refused}`;
}

function wasteText({reservedPerUsed, useAtSaturation}: DeploymentUse): string {
  if (reservedPerUsed === undefined || reservedPerUsed < wastefulRatio || useAtSaturation === undefined)
    return '';
  return `; ${reservedPerUsed.toFixed(1)} tokens reserved for each one used: a lower max_output_tokens gets more out of it`;
}
