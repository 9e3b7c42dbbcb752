export type { ButtonInput, ButtonInputs } from "./button-inputs.ts";
export {
  type ButtonBackend,
  type ButtonPulse,
  type ControllerDomain,
  controlOf,
  type Domain,
  type DomainBackend,
  type PowerDomain,
  type PowerGood,
  type RailBackend,
  type SystemBackend,
} from "./domain.ts";
export { DomainGraph } from "./domain-graph.ts";
export type {
  ChipDefinition,
  InputLine,
  LatchedLine,
  LineDefinition,
  MomentaryLine,
  SimulatedChip,
} from "./lines.ts";
export { loadPlatform } from "./load.ts";
export type { ModuleBackend } from "./module-backend.ts";
export { operationTime, type TimedPlatform } from "./operation-time.ts";
export { type Platform, parsePlatform } from "./platform.ts";
export {
  type FaultResponse,
  type Policies,
  type Policy,
  type PolicyValue,
  parsePolicy,
  policyRange,
  policyRows,
  showPolicy,
} from "./policy.ts";
export { type PolicyConflict, policyConflicts } from "./policy-conflicts.ts";
export { usualPolicies } from "./schema.ts";
export type { SequenceStep } from "./sequence.ts";
