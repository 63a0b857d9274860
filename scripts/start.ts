// `npm start` and `npm run karo`: builds when dist/ is missing or older than the sources, then becomes karo in this process.
import { pathToFileURL } from 'node:url'
import { build, ENTRY, isFresh } from './build.ts'

if (!isFresh()) await build()
process.argv = [process.execPath, ENTRY, ...process.argv.slice(2)]
await import(pathToFileURL(ENTRY).href)
