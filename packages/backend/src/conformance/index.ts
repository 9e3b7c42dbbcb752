/** The suite that every backend must pass. Apart from the package's index, because it brings vitest along. */
export {
  type Act,
  type BackendFixture,
  type BackendHardware,
  type BackendTraits,
  backendConformance,
} from "../backend.conformance.ts";
