// Puts what the tables say into the pages that show it: the doors in docs/architecture.md, the checks in docs/doctor.md,
// the metrics in docs/metrics.md, what commands print as JSON in docs/json.md, the roles in docs/policy.md and configs/policies.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { doctorPage } from '../src/cli/doctor/page.ts'
import { doorsTable } from './doors.ts'
import { jsonPage } from './json-page.ts'
import { metricsPage } from './metrics-page.ts'
import { policyFiles } from './policy-files.ts'

const page = join(import.meta.dirname, '../docs/architecture.md')
const text = readFileSync(page, 'utf8')
const [before, rest] = text.split('<!-- doors: begin -->')
const after = rest?.split('<!-- doors: end -->')[1]
if (after === undefined) throw new Error(`${page}: the doors markers are missing`)
writeFileSync(page, `${before}<!-- doors: begin -->\n${doorsTable()}\n<!-- doors: end -->${after}`)
writeFileSync(join(import.meta.dirname, '../docs/doctor.md'), doctorPage())
writeFileSync(join(import.meta.dirname, '../docs/metrics.md'), metricsPage())
writeFileSync(join(import.meta.dirname, '../docs/json.md'), await jsonPage())
for (const [name, contents] of policyFiles()) {
  writeFileSync(join(import.meta.dirname, '..', name), contents)
}
