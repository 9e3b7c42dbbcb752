import { busbar } from "@busbar/contracts";

export interface CheckResult {
  readonly status: "ok" | "degraded" | "failed";
  readonly message?: string;
  readonly remedy?: string;
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
  #checks = new Map<string, () => CheckResult>();

  constructor(version: string) {
    this.version = version;
  }

  /** `check` is called at every question: it reads facts at hand and asks nobody. */
  add(name: string, check: () => CheckResult): void {
    this.#checks.set(name, check);
  }

  report(): busbar.v1.GetHealthResponse.$Properties {
    const results = [...this.#checks].map(([name, check]) => ({ name, ...check() }));
    const worst = results.reduce<CheckResult["status"]>(
      (all, { status }) => (order.indexOf(status) > order.indexOf(all) ? status : all),
      "ok",
    );
    return {
      status: numbers[worst],
      version: this.version,
      checks: results.map(({ name, status, message, remedy }) => ({
        name,
        status: numbers[status],
        message: message ?? "",
        remedy: remedy ?? "",
      })),
    };
  }
}
