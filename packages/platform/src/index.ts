export type {
  ButtonBackend,
  ButtonPulse,
  ControllerDomain,
  Domain,
  DomainBackend,
  PowerDomain,
  PowerGood,
  RailBackend,
  SystemBackend,
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
export { operationTime } from "./operation-time.ts";
export { type Platform, type Policies, parsePlatform } from "./platform.ts";
