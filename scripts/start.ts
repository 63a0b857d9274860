// `npm start` and `npm run karo`: builds when dist/ is missing or older than the sources, then becomes karo in this process.
import { pathToFileURL } from 'node:url'
import { ENTRY, isFresh } from './fresh.ts'

if (!isFresh()) {
  // The first start of a new person: nothing else would be shown for that time.
  if (process.stderr.isTTY)
    process.stderr.write(
      'Building Karo: once, and after each change of its sources. This takes a quarter of a minute or longer.\n',
    )
  const { build } = await import('./build.ts')
  await build()
}
process.argv = [process.execPath, ENTRY, ...process.argv.slice(2)]
await import(pathToFileURL(ENTRY).href)
