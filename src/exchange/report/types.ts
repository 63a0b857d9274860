// The types of a report's parts, as its schema has them.
import type * as z from 'zod'
import type { report } from './schema.ts'

export type Report = z.infer<typeof report>

/** Questions of this node over the last day, or since its start. */
export type SourceSection = Report['source']
/** What this node itself knows of machines, apart from totals. */
export type MachinesSection = Report['machines']

export type CoverageSection = Report['coverage']
/** What became of the machines that one kind of numbers was expected of, in the newest released period. */
export type CoverageRow = CoverageSection['rows'][number]
export type CoverageCounts = NonNullable<CoverageSection['trend'][number]['counts']>

export type ToolsSection = Report['tools']
/** A tool of which one of the two times has nothing. */
export type ToolMove = ToolsSection['new'][number]

export type RiskSection = Report['risk']

export type AnomalySection = Report['anomalies']
export type NamedAnomalies = NonNullable<AnomalySection['named']>

export type CountedSection = Report['counted'][number]

/** A number that a row shows. */
export type Figure = Pick<RiskSection['rules'][number], 'value' | 'machines' | 'at_least' | 'change'>
/** Two times of which the same periods were released: number by number, `now` is compared with `before`. */
export type Change = NonNullable<Figure['change']>
/** What each section says of itself. */
export type Ground = Pick<RiskSection, 'state' | 'notes' | 'periods' | 'of' | 'machines'>
/** Of machines in each of several periods: the fewest and the most. */
export type Span = Change['machines']['now']
