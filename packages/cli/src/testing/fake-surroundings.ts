import type { Screen, Surroundings } from "../surroundings.ts";

export class FakeScreen implements Screen {
  readonly isTerminal: boolean;
  text = "";

  constructor(isTerminal = false) {
    this.isTerminal = isTerminal;
  }

  write(text: string): void {
    this.text += text;
  }
}

export interface FakeSurroundings extends Surroundings {
  readonly stdout: FakeScreen;
  readonly stderr: FakeScreen;
}

/** Nowhere: no system is found from there, nobody can be asked. */
export const fakeSurroundings = (overrides: Partial<FakeSurroundings> = {}): FakeSurroundings => ({
  env: {},
  cwd: "/nonexistent",
  root: undefined,
  user: "tester",
  stdout: new FakeScreen(),
  stderr: new FakeScreen(),
  ask: undefined,
  interrupted: () => new AbortController().signal,
  ...overrides,
});
