// Writes docs/openapi.json from the operations of the API; part of `npm run docs`.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApiDocument } from '../src/api/contract/openapi.ts'
import { OPERATIONS } from '../src/api/contract/operations/index.ts'

const root = join(import.meta.dirname, '..')
const page = join(root, 'docs/openapi.json')
writeFileSync(page, `${JSON.stringify(await openApiDocument(OPERATIONS), null, 2)}\n`)
execFileSync(join(root, 'node_modules/.bin/biome'), ['format', '--write', page], { cwd: root, stdio: 'pipe' })
