export { startWitness } from "./witness.ts";
