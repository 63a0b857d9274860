// What programs are written against: the OpenAPI document, what commands print with --json, and JSON Schemas of the wire. `npm run
// reference` writes it to out/reference, and packages bring it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openApiDocument } from '../src/api/contract/openapi.ts'
import { OPERATIONS } from '../src/api/contract/operations/index.ts'
import { jsonPage } from './json-page.ts'
import { wireSchemas } from './protocol-pages.ts'

/** Path below the folder of the reference → text. */
export async function reference(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['openapi.json', `${JSON.stringify(await openApiDocument(OPERATIONS), null, 2)}\n`],
    ['json.md', await jsonPage()],
    ...wireSchemas(),
  ])
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, '../out/reference')
  const files = await reference()
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  process.stdout.write(`out/reference: ${files.size} files\n`)
}
