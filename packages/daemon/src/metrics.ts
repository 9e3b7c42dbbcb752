/**
 * Figures in Prometheus' text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
 * Our own, because prom-client costs 2.5 MB of private memory and 67 kB of bundle for what these lines do.
 */

export type Labels = Readonly<Record<string, string>>;

export interface MetricOptions {
  /** `busbar_operations_total`: letters, digits, _ and :; a counter ends in _total, a duration in _seconds. */
  readonly name: string;
  readonly help: string;
}

export interface Counter {
  /** @param by not negative */
  add(by?: number, labels?: Labels): void;
  /** Read at every scrape instead of added up; `source` never goes back. */
  read(source: () => number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  /** Read at every scrape instead of set. */
  read(source: () => number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

type Kind = "counter" | "gauge" | "histogram";

interface Metric {
  readonly kind: Kind;
  lines(): Iterable<string>;
}

/** One label set more than this is a leak, not a figure (an id as a label, for instance). */
const seriesLimit = 1_000;

export class Metrics {
  readonly #metrics = new Map<string, { readonly help: string; readonly metric: Metric }>();

  counter(options: MetricOptions): Counter {
    const series = new Series<{ value: number; source?: () => number }>(() => ({ value: 0 }));
    this.#register(options, {
      kind: "counter",
      lines: () => series.map((labels, { value, source }) => `${options.name}${labels} ${shown(source?.() ?? value)}`),
    });
    return {
      add(by = 1, labels) {
        if (!(by >= 0)) throw new RangeError(`the counter ${options.name} can't go back by ${by}`);
        const one = series.of(labels);
        if (one !== undefined) one.value += by;
      },
      read(source, labels) {
        const one = series.of(labels);
        if (one !== undefined) one.source = source;
      },
    };
  }

  gauge(options: MetricOptions): Gauge {
    const series = new Series<{ read: () => number }>(() => ({ read: () => 0 }));
    this.#register(options, {
      kind: "gauge",
      lines: () => series.map((labels, { read }) => `${options.name}${labels} ${shown(read())}`),
    });
    const read = (source: () => number, labels?: Labels) => {
      const one = series.of(labels);
      if (one !== undefined) one.read = source;
    };
    return { set: (value, labels) => read(() => value, labels), read };
  }

  /** @param options.buckets upper bounds, growing */
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Histogram {
    const { name, buckets } = options;
    if (buckets.some((bound, at) => at > 0 && bound <= (buckets[at - 1] ?? 0))) {
      throw new RangeError(`the buckets of ${name} don't grow`);
    }
    const series = new Series(() => ({ counts: buckets.map(() => 0), count: 0, sum: 0 }));
    this.#register(options, {
      kind: "histogram",
      lines: () =>
        series.flatMap((labels, { counts, count, sum }) => [
          ...buckets.map((bound, at) => `${name}_bucket${withBound(labels, String(bound))} ${counts[at]}`),
          `${name}_bucket${withBound(labels, "+Inf")} ${count}`,
          `${name}_sum${labels} ${sum}`,
          `${name}_count${labels} ${count}`,
        ]),
    });
    return {
      observe(value, labels) {
        const one = series.of(labels);
        if (one === undefined) return;
        one.count += 1;
        one.sum += value;
        for (const [at, bound] of buckets.entries()) if (value <= bound) one.counts[at] = (one.counts[at] ?? 0) + 1;
      },
    };
  }

  /** All figures as they are now. */
  text(): string {
    const lines: string[] = [];
    for (const [name, { help, metric }] of this.#metrics) {
      lines.push(
        `# HELP ${name} ${help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}`,
        `# TYPE ${name} ${metric.kind}`,
      );
      lines.push(...metric.lines());
    }
    return `${lines.join("\n")}\n`;
  }

  #register({ name, help }: MetricOptions, metric: Metric): void {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new TypeError(`${name} is no name for a metric`);
    if (this.#metrics.has(name)) throw new TypeError(`there is a metric ${name} already`);
    this.#metrics.set(name, { help, metric });
  }
}

/** The values of one metric by their labels. */
class Series<T> {
  readonly #make: () => T;
  readonly #byLabels = new Map<string, T>();

  constructor(make: () => T) {
    this.#make = make;
  }

  /** undefined beyond the limit. */
  of(labels: Labels = {}): T | undefined {
    const key = shownLabels(labels);
    const known = this.#byLabels.get(key);
    if (known !== undefined || this.#byLabels.size >= seriesLimit) return known;
    const made = this.#make();
    this.#byLabels.set(key, made);
    return made;
  }

  map(shown: (labels: string, one: T) => string): string[] {
    return [...this.#byLabels].map(([labels, one]) => shown(labels, one));
  }

  flatMap(shown: (labels: string, one: T) => readonly string[]): string[] {
    return [...this.#byLabels].flatMap(([labels, one]) => shown(labels, one));
  }
}

function shownLabels(labels: Labels): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? "" : `{${pairs.map(([name, value]) => `${name}="${escaped(value)}"`).join(",")}}`;
}

const withBound = (labels: string, bound: string): string =>
  labels === "" ? `{le="${bound}"}` : `${labels.slice(0, -1)},le="${bound}"}`;

const escaped = (value: string): string => value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");

const shown = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
