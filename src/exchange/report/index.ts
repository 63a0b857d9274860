// The door of the report's functions: a model from what was released, texts from a model, and which thresholds are crossed.
export { type Findings, reportOf } from './model.ts'
export { spanName } from './periods.ts'
export { FORMATS, type Format, rendered } from './render/formats.ts'
export type { Found, FoundCounts } from './sections.ts'
export { judged, type Limits, type Standing, THRESHOLDS, type Threshold, turned } from './thresholds.ts'
export type * from './types.ts'
export { CATEGORIES } from './words.ts'
