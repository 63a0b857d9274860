// Bundles the command line and the daemon into dist/: one small entry, and chunks that load only when needed.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type BuildResult, build as esbuild, type Metafile, stop } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')
export const DIST = join(ROOT, 'dist')
export const ENTRY = join(DIST, 'karo.js')
const STAMP = join(DIST, '.stamp')

/** Found at run time in node_modules: they bring a native addon or a wasm file that a bundle cannot hold. */
const EXTERNAL = ['classic-level', 'blake3-wasm', 'msgpackr-extract']

/** CommonJS inside an ES module bundle still asks for `require`, and some of it for `__dirname`. */
const BANNER = [
  "import{createRequire as __karoRequire}from'node:module';",
  'const require=__karoRequire(import.meta.url),__dirname=import.meta.dirname;',
].join('')

/** The bundle in memory, with esbuild's account of what went where. */
export function bundle(): Promise<BuildResult<{ metafile: true; write: false }>> {
  return esbuild({
    absWorkingDir: ROOT,
    entryPoints: { karo: 'src/cli/main.ts' },
    outdir: 'dist',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // The entry has to parse where Node is too old, to say so.
    target: 'node18',
    minify: true,
    keepNames: true,
    legalComments: 'external',
    external: EXTERNAL,
    banner: { js: BANNER },
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  })
}

/** Writes dist/ so that at every moment the entry there is whole: new chunks, then the entry, then old ones go. */
export async function build(): Promise<Metafile> {
  const stamp = sourcesStamp()
  const { outputFiles, metafile } = await bundle()
  await stop()
  const kept = new Set<string>([ENTRY, STAMP])
  for (const file of outputFiles) {
    kept.add(file.path)
    if (file.path === ENTRY) continue
    mkdirSync(dirname(file.path), { recursive: true })
    writeFileSync(file.path, file.contents)
  }
  const entry = outputFiles.find((file) => file.path === ENTRY)
  if (entry === undefined) throw new Error('the bundle has no entry')
  const fresh = `${ENTRY}.${process.pid}`
  writeFileSync(fresh, `#!/usr/bin/env node\n${entry.text}`)
  chmodSync(fresh, 0o755)
  renameSync(fresh, ENTRY)
  writeFileSync(STAMP, stamp)
  for (const name of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    const path = join(name.parentPath, name.name)
    if (name.isFile() && !kept.has(path)) rmSync(path, { force: true })
  }
  return metafile
}

/** True when dist/ was built from the sources as they are now. */
export function isFresh(): boolean {
  try {
    return statSync(ENTRY).isFile() && readFileSync(STAMP, 'utf8') === sourcesStamp()
  } catch {
    return false
  }
}

/** Changes with every file that goes into the bundle: names, sizes and times of change. */
function sourcesStamp(): string {
  const hash = createHash('sha256')
  const files = globSync(
    ['src/**/*.{ts,json}', 'protocols/**/*.ts', 'package.json', 'package-lock.json', 'scripts/build.ts'],
    { cwd: ROOT },
  )
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(join(ROOT, file))
    hash.update(`${file}\0${size}\0${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

if (import.meta.main) {
  const { outputs } = await build()
  const code = Object.entries(outputs).filter(([path]) => path.endsWith('.js'))
  const kilobytes = (files: typeof code): string =>
    `${Math.round(files.reduce((sum, [, file]) => sum + file.bytes, 0) / 1024)} KiB`
  const entry = code.filter(([path]) => path.endsWith('karo.js'))
  process.stdout.write(
    `${relative(ROOT, ENTRY)}: ${kilobytes(entry)}, with ${code.length - 1} chunks ${kilobytes(code)}\n`,
  )
}
