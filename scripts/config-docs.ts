// Writes configs/config.toml and docs/configuration.md from the table of keys; --check only compares.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configurationPage, sampleConfig } from '../src/config/sample.ts'

const root = join(import.meta.dirname, '..')
const files: Readonly<Record<string, string>> = {
  'configs/config.toml': sampleConfig(),
  'docs/configuration.md': configurationPage(),
}

for (const [name, text] of Object.entries(files)) {
  const path = join(root, name)
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${name} is not what src/config/table.ts says; run npm run docs`)
    process.exitCode = 1
  }
}
