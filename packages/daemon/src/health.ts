import { busbar } from "@busbar/contracts";

export interface CheckResult {
  readonly status: "ok" | "degraded" | "failed";
  readonly message?: string;
  readonly remedy?: string;
}

export interface HealthSummary {
  /** The worst of all. */
  readonly status: CheckResult["status"];
  readonly version: string;
  readonly checks: readonly (CheckResult & { readonly name: string })[];
}

const numbers = {
  ok: busbar.v1.HealthStatus.HEALTH_STATUS_OK,
  degraded: busbar.v1.HealthStatus.HEALTH_STATUS_DEGRADED,
  failed: busbar.v1.HealthStatus.HEALTH_STATUS_FAILED,
} as const;

const order = ["ok", "degraded", "failed"] as const;

/** What works and what doesn't, by name; the worst check decides. */
export class Health {
  readonly version: string;
  readonly #checks = new Map<string, () => CheckResult>();

  constructor(version: string) {
    this.version = version;
  }

  /**
   * `check` is called at every question: it reads facts at hand and asks nobody.
   * @returns takes the check out again
   */
  add(name: string, check: () => CheckResult): () => void {
    this.#checks.set(name, check);
    return () => {
      if (this.#checks.get(name) === check) this.#checks.delete(name);
    };
  }

  summary(): HealthSummary {
    const checks = [...this.#checks].map(([name, check]) => ({ name, ...outcomeOf(check) }));
    const worst = Math.max(0, ...checks.map(({ status }) => order.indexOf(status)));
    return { status: order[worst] ?? "failed", version: this.version, checks };
  }

  /** The same as the answer of `health.check`. */
  report(): busbar.v1.GetHealthResponse.$Properties {
    const { status, version, checks } = this.summary();
    return {
      status: numbers[status],
      version,
      checks: checks.map((check) => ({
        name: check.name,
        status: numbers[check.status],
        message: check.message ?? "",
        remedy: check.remedy ?? "",
      })),
    };
  }
}

/** A check that throws is a fact, too. */
function outcomeOf(check: () => CheckResult): CheckResult {
  try {
    return check();
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return { status: "failed", message: `the check itself failed: ${text}`, remedy: "report this; it is a bug" };
  }
}
