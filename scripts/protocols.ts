// `npm run protocols`: writes docs/protocols.md and protocols/schemas; with --check it only says what is out of date.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { protocolPages } from './protocol-pages.ts'

const root = join(import.meta.dirname, '..')
const pages = protocolPages()

const current = (path: string): string | undefined => {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return undefined
  }
}
const schemaFiles = (): string[] => {
  try {
    return readdirSync(join(root, 'protocols/schemas')).map((name) => `protocols/schemas/${name}`)
  } catch {
    return []
  }
}

const outdated = [...pages].filter(([path, text]) => current(path) !== text).map(([path]) => path)
/** Schemas of messages that are no more. */
const orphans = schemaFiles().filter((path) => !pages.has(path))

if (process.argv.includes('--check')) {
  for (const path of [...outdated, ...orphans]) console.error(`${path} is out of date: npm run protocols`)
  process.exitCode = outdated.length + orphans.length === 0 ? 0 : 1
} else {
  for (const path of outdated) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), pages.get(path)!)
  }
  for (const path of orphans) rmSync(join(root, path))
  console.log(
    `docs/protocols.md and protocols/schemas: ${outdated.length} written, ${orphans.length} removed, ${pages.size} in all`,
  )
}
