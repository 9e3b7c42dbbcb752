export {
  type Addresses,
  type ProcessName,
  processNames,
  type Suite,
  type SuiteOptions,
  startSuite,
} from "./suite.ts";
export { SupervisedProcess } from "./supervised-process.ts";
