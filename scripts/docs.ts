// Writes what follows from the tables into the pages and files that show it; after tables.ts, whose tables it reads.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { doctorPage } from './doctor-page.ts'
import { doorsTable } from './doors.ts'
import { ecsTable } from './ecs-table.ts'
import { metricsPage } from './metrics-page.ts'
import { policyFiles } from './policy-files.ts'
import { protocolsPage } from './protocol-pages.ts'
import { filtersTable, titlesFile } from './queries-page.ts'

const pathOf = (page: string): string => join(import.meta.dirname, '..', page)

/** Replaces what stands between the two markers of that name. */
function put(page: string, marker: string, table: string): void {
  const [begin, end] = [`<!-- ${marker}: begin -->`, `<!-- ${marker}: end -->`]
  const [before, rest] = readFileSync(pathOf(page), 'utf8').split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`${page}: ${begin} or ${end} is missing`)
  writeFileSync(pathOf(page), `${before}${begin}\n${table}\n${end}${after}`)
}

put('docs/architecture.md', 'doors', doorsTable())
put('docs/queries.md', 'filters', filtersTable())
put('docs/forward.md', 'ecs', ecsTable())
writeFileSync(pathOf('src/window/views/titles.ts'), titlesFile())
writeFileSync(pathOf('docs/doctor.md'), doctorPage())
writeFileSync(pathOf('docs/metrics.md'), metricsPage())
writeFileSync(pathOf('docs/protocols.md'), protocolsPage())
for (const [name, contents] of policyFiles()) writeFileSync(pathOf(name), contents)
