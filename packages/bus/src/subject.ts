import { BusbarError } from "@busbar/contracts";

/** White space or line ends in a subject would let its author write protocol lines of his own; nats.js doesn't look. */
const concrete = /^[^\s\p{Cc}.*>]+(?:\.[^\s\p{Cc}.*>]+)*$/u;
const pattern = /^(?:[^\s\p{Cc}.*>]+|\*)(?:\.(?:[^\s\p{Cc}.*>]+|\*))*(?:\.>)?$|^>$/u;

/** A subject that a message can be sent to: no wildcards. */
export const isConcreteSubject = (subject: string): boolean => concrete.test(subject);

/** @throws BusbarError INVALID_ARGUMENT */
export function requireConcreteSubject(subject: string): void {
  if (isConcreteSubject(subject)) return;
  throw new BusbarError("INVALID_ARGUMENT", `a message can't be sent to "${subject.slice(0, 128)}"`, {
    remedy: "name one subject, without wildcards, white space or empty tokens",
  });
}

/** @throws BusbarError INVALID_ARGUMENT */
export function requireSubjectPattern(subject: string): void {
  if (pattern.test(subject)) return;
  throw new BusbarError("INVALID_ARGUMENT", `"${subject.slice(0, 128)}" is not a subject to listen to`, {
    remedy: "use tokens separated by dots, * for one token, > at the end for the rest",
  });
}

/** Whether `subject` is among those that `pattern` (with * and >) stands for. */
export function subjectMatches(pattern: string, subject: string): boolean {
  const tokens = subject.split(".");
  const wanted = pattern.split(".");
  if (wanted.at(-1) === ">") {
    wanted.pop();
    return tokens.length > wanted.length && wanted.every((token, at) => token === "*" || token === tokens[at]);
  }
  return tokens.length === wanted.length && wanted.every((token, at) => token === "*" || token === tokens[at]);
}
