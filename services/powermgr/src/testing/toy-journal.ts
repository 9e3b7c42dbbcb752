import { busbar, type ComponentName } from "@busbar/contracts";
import type { PoweredOnRecord } from "../store/journal.ts";

/** A journal in memory. */
export class ToyJournal {
  readonly events: { readonly subject: string; readonly data: Uint8Array }[] = [];
  readonly poweredOn = new Map<ComponentName, PoweredOnRecord>();

  async event(subject: string, data: Uint8Array): Promise<void> {
    this.events.push({ subject, data });
  }

  powered(record: PoweredOnRecord): void {
    this.poweredOn.set(record.component, record);
  }

  /** The fault events, as their readers see them. */
  faults() {
    return this.events.map(({ subject, data }) => {
      const { component, code, severity, active, source, message, response } = busbar.v1.FaultEvent.decode(data);
      return {
        subject,
        component,
        code,
        severity: busbar.v1.FaultSeverity[severity]?.replace("FAULT_SEVERITY_", ""),
        active,
        source,
        message,
        response,
      };
    });
  }
}
