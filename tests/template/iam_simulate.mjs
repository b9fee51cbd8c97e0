// Reads requests with their policies from standard input, and writes iam-simulate's decision on each.
import { readFileSync } from "node:fs";
import { runSimulation } from "@cloud-copilot/iam-simulate";

const decisions = [];
for (const { principal, action, resource, context, identityPolicies, resourcePolicy } of JSON.parse(readFileSync(0))) {
  const account = resource.split(":")[4];
  const result = await runSimulation({
    request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
    identityPolicies: identityPolicies.map((policy, number) => ({ name: String(number), policy })),
    resourcePolicy: resourcePolicy ?? undefined,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }, {});
  decisions.push(result.resultType === "error" ? JSON.stringify(result.errors) : result.overallResult);
}
process.stdout.write(JSON.stringify(decisions));
