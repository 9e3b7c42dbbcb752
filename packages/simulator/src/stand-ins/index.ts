export { startWitness, Witness, type WitnessedChange } from "./witness.ts";
