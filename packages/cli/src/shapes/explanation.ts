import type { busbar } from "@busbar/contracts";
import { textOrNull } from "./text.ts";

export const explanationShape = (answer: busbar.v1.ExplainResponse) => ({
  component: answer.component,
  action: answer.action,
  allowed: answer.allowed,
  refusal: textOrNull(answer.refusal),
  refusal_remedy: textOrNull(answer.refusalRemedy),
  interlocks: answer.interlocks.map((interlock) => ({
    name: interlock.name ?? "",
    allowed: interlock.allowed ?? false,
    message: textOrNull(interlock.message),
    remedy: textOrNull(interlock.remedy),
    overridable: interlock.overridable ?? false,
  })),
  steps: answer.steps.map((step) => ({
    component: step.component ?? "",
    kind: step.kind ?? "",
    line: textOrNull(step.line),
    part: step.part ?? 0,
    after: step.after ?? [],
  })),
});

export type ExplanationShape = ReturnType<typeof explanationShape>;
