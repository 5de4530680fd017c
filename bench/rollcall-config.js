import {answer} from './rows.js';

/** The key that everything in a benchmark shows. */
export const key = 'key-of-the-benchmark';

/** A model instance for a deployment of a server; without a limit it is given none. */
export function modelAt(url, deployment, concurrency) {
  return {
    responses_api_models: {
      azure_openai_model: {
        openai_base_url: url,
        openai_api_key: key,
        openai_model: deployment,
        default_query: {'api-version': '2024-10-21'},
        ...(concurrency === undefined ? {} : {num_concurrent_requests: concurrency}),
      },
    },
  };
}

/** A judge that asks `judgeModel`, and `judged_agent`, which has it score what `policy_model` says. */
export function judgedBy(judgeModel) {
  return {
    judge_model: judgeModel,
    judge: {
      resources_servers: {
        equivalence_llm_judge: {judge_model_server: {type: 'responses_api_models', name: 'judge_model'}},
      },
    },
    judged_agent: {
      responses_api_agents: {
        simple_agent: {
          model_server: {type: 'responses_api_models', name: 'policy_model'},
          resources_server: {type: 'resources_servers', name: 'judge'},
        },
      },
    },
  };
}

/** Settings of a simulator that takes the benchmark's key and gives the benchmark's answer. */
export function simulatorOf({deployments, latencyMs}) {
  return {keys: [key], latency: {ttft_ms: latencyMs}, answers: [{text: answer}], deployments};
}
