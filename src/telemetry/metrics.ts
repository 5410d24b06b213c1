import { Counters } from '../core/counters.ts'
import type { Metric, MetricsTable } from './metrics-table.ts'
import { workerMetrics } from './metrics-table.ts'

/** What all workers counted together. */
export function sumCounters(all: Iterable<Readonly<Counters>>): Counters {
  const sum = new Counters()
  for (const counters of all) for (const field of fieldsOf(workerMetrics)) sum[field] += counters[field]
  return sum
}

/** The numbers in Prometheus' text format (version 0.0.4). */
export function renderPrometheus<Field extends string>(
  table: MetricsTable<Field>,
  values: Readonly<Record<Field, number>>,
): string {
  const families = Map.groupBy(fieldsOf(table), field => table[field].family)
  let text = ''
  for (const [family, fields] of families) {
    fields.forEach((field, index) => {
      if (index === 0) text += headOf(table[field])
      text += `${family}${labelOf(table[field])} ${values[field]}\n`
    })
  }
  return text
}

function headOf({ family, help, kind }: Metric): string {
  return `# HELP ${family} ${help}\n# TYPE ${family} ${kind}\n`
}

function labelOf({ label }: Metric): string {
  return label === undefined ? '' : `{${label[0]}="${label[1]}"}`
}

/** Proven: the tables are object literals, so they have exactly the keys of their type. */
function fieldsOf<Field extends string>(table: MetricsTable<Field>): readonly Field[] {
  return Object.keys(table) as Field[]
}
