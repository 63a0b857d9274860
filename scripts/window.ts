// Bundles the page that the daemon serves: a few files without anything inline or remote, in the order a browser asks for them.
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build as esbuild, type Metafile, type Plugin } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')
const FROM = join(ROOT, 'src/window')
/** The first load of the page may have so many bytes, compressed; drawings come later. */
export const FIRST_LOAD_BYTES_MAX = 60 * 1024

/** In the place of the check of answers. */
const OTHER_BUILD = `import { KaroError } from '../../../base/errors.ts'
export function checkShape(_operation, _schema, _value, build) {
  if (build === undefined) return
  throw new KaroError('conflict', 'Karo on this machine was replaced by another version', { hint: 'Load this page again.' })
}`

/**
 * The page is of the same build as the daemon that serves it, so that it checks no answer against a schema, and needs none.
 * A daemon that was replaced meanwhile says another build, and the page asks to be loaded again. It says none before there
 * is a session.
 */
const noSchemas: Plugin = {
  name: 'no-schemas',
  setup(build) {
    build.onLoad({ filter: /\/api\/contract\/client\/check\.ts$/ }, () => ({
      contents: OTHER_BUILD,
      resolveDir: join(ROOT, 'src/api/contract/client'),
    }))
    build.onResolve({ filter: /\/schemas\/.*\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: 'none', namespace: 'schemas' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'schemas' }, () => ({ contents: 'export {}' }))
    // Of the package's own description, the page needs the version.
    build.onLoad({ filter: /\/package\.json$/ }, ({ path }) => ({
      contents: JSON.stringify({
        version: (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version,
      }),
      loader: 'json',
    }))
  },
}

/** The files by their path below dist/, and esbuild's account of what went into them. */
export async function windowFiles(
  commit: string,
): Promise<{ files: ReadonlyMap<string, Uint8Array>; metafile: Metafile }> {
  const { outputFiles, metafile } = await esbuild({
    absWorkingDir: ROOT,
    entryPoints: { main: 'src/window/main.tsx' },
    outdir: 'dist/window',
    tsconfig: 'src/window/tsconfig.json',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    define: { KARO_COMMIT: JSON.stringify(commit) },
    chunkNames: 'part-[hash]',
    plugins: [noSchemas],
    logLevel: 'warning',
  })
  const files = new Map<string, Uint8Array>([
    ['window/index.html', readFileSync(join(FROM, 'page.html'))],
    ['window/icon.svg', readFileSync(join(FROM, 'icon.svg'))],
  ])
  for (const { path, contents } of outputFiles) files.set(`window/${basename(path)}`, contents)
  files.set('window/index.html', withPreloads(files))
  return { files, metafile }
}

/** The page names the parts that its script imports, so that a browser fetches them beside it and not after it. */
function withPreloads(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const html = Buffer.from(files.get('window/index.html') ?? []).toString('utf8')
  const links = importsOf(files, 'window/main.js').map(
    (part) => `<link rel="modulepreload" href="/${part}">\n    `,
  )
  return Buffer.from(html.replace('<script', `${links.join('')}<script`))
}

/** Files that this one imports as soon as it is loaded. */
const importsOf = (files: ReadonlyMap<string, Uint8Array>, name: string): readonly string[] =>
  [
    ...Buffer.from(files.get(name) ?? [])
      .toString('utf8')
      .matchAll(/\b(?:from|import)"\.\/([^"]+)"/g),
  ].map(([, part]) => `window/${part}`)

/** Bytes of what a browser loads before it shows the first view, each file compressed by itself, as gzip would send it. */
export function firstLoadBytes(files: ReadonlyMap<string, Uint8Array>): number {
  const wanted = new Set(['window/index.html', 'window/icon.svg', 'window/main.css', 'window/main.js'])
  for (const name of wanted) {
    if (!name.endsWith('.js')) continue
    for (const part of importsOf(files, name)) wanted.add(part)
  }
  return [...wanted].reduce((sum, name) => sum + gzipSync(files.get(name) ?? new Uint8Array()).length, 0)
}
