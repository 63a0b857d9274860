// Bundles the command line and the daemon into dist/: one small entry, and chunks that load only when needed.
import { isAscii } from 'node:buffer'
import {
  chmodSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { type BuildResult, build as esbuild, type Metafile, type Plugin, stop, transform } from 'esbuild'
import { buildName, VERSION } from '../src/base/version.ts'
import { COMMANDS } from '../src/cli/commands.ts'
import { overviewRows } from '../src/cli/front/overview.ts'
import { packName } from '../src/cli/loader.ts'
import { commitOfSources } from './commit.ts'
import { DIST, ENTRY, STAMP, sourcesStamp } from './fresh.ts'
import { keepCode } from './keep-code.ts'
import { knowledgeFiles } from './knowledge.ts'
import { manPages } from './package/man.ts'
import { windowFiles } from './window.ts'

const ROOT = join(import.meta.dirname, '..')
const MUSCLE = 'karo-exec'
const LOADER = 'src/cli/loader.ts'
/** What the bundler made for dist/, before it became scripts: to bundle once more takes five seconds of a processor. */
const BUNDLED = join(ROOT, 'node_modules/.cache/karo-bundle.json')

/** Found at run time in node_modules: they bring a native addon or a wasm file that a bundle cannot hold. */
export const EXTERNAL = ['classic-level', 'blake3-wasm', 'koffi', '@cedar-policy/cedar-wasm']

/**
 * What a short command loads, held together in one chunk: every further file costs a module load, about 0.5 ms. The
 * bundler groups modules by who reaches them, so everything loaded on demand is made to reach these.
 */
const CORE = ['src/cli/run.ts', 'src/cli/commands/node/status.ts', 'src/base/words/risk-levels.ts']

/** What lies in one file more with all that it imports at once: a file less to read and to compile for each of its chunks. */
const PACKED = ['src/cli/commands/terminal/check.ts']

/**
 * The entry asks the loader for chunks, once its version check has passed. The loader lies in the entry, because a file of its own
 * takes Node a twentieth of a short command's time to find and to read.
 */
const entryHead = (loader: string, packed: readonly string[]): string =>
  `#!/usr/bin/env node\nvar own=require,loader=(require,module)=>{${loader}return module.exports},require=name=>(require=loader(own,{}).programLoader(__dirname,own,${JSON.stringify(packed)}))(name);\n`

/** The entry and chunks are scripts, so that a short command does not start Node's loader of ES modules. */
const PACKAGE = '{"type":"commonjs","private":true}\n'

/** Of an ES module; what a script has in their place. */
const PLACE = {
  'import.meta.dirname': '__dirname',
  'import.meta.filename': '__filename',
  'import.meta.url': '__filename',
}

/** The bundle in memory, with esbuild's account of what went where. `commit` as src/base/version.ts has it. */
export async function bundle(
  commit = commitOfSources(),
): Promise<BuildResult<{ metafile: true; write: false }>> {
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
    // Names stay: a stack trace in a log has to say something.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'external',
    define: {
      KARO_COMMIT: JSON.stringify(commit),
      KARO_OVERVIEW: JSON.stringify(JSON.stringify(await overviewRows(COMMANDS))),
    },
    external: EXTERNAL.filter((name) => name !== 'classic-level'),
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [oneCore, shellFiles, lean],
    logLevel: 'warning',
  })
}

/** The Muscle's bundle: one small file of its own, which shares no code with the daemon's at run time. */
function bundleMuscle(commit: string): Promise<BuildResult<{ metafile: true; write: false }>> {
  return esbuild({
    absWorkingDir: ROOT,
    entryPoints: { [MUSCLE]: 'src/muscle/main.ts' },
    outdir: 'dist',
    write: false,
    metafile: true,
    bundle: true,
    // Said here, so that it is strict code too where sources lie without the file that says so.
    tsconfigRaw: { compilerOptions: { strict: true, verbatimModuleSyntax: true } },
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    minifyWhitespace: true,
    minifySyntax: true,
    define: { KARO_COMMIT: JSON.stringify(commit), ...PLACE },
    external: EXTERNAL,
    logLevel: 'warning',
  })
}

/** What loads the chunks, as the body of a function; no bundle, because it imports nothing but Node's own modules. */
async function loader(): Promise<string> {
  const source = readFileSync(join(ROOT, LOADER), 'utf8')
  const own = /^import .* from '(\.[^']*)'/m.exec(source)?.[1]
  if (own !== undefined) throw new Error(`${LOADER} imports ${own}, which is not there when it runs`)
  const { code } = await transform(source, {
    loader: 'ts',
    format: 'cjs',
    platform: 'node',
    // It has to parse where the entry does.
    target: 'node18',
    minifyWhitespace: true,
    minifySyntax: true,
  })
  return code
}

/** A chunk, which the bundler writes as an ES module, as a script for the loader. */
async function asScript(code: string): Promise<string> {
  const script = await transform(code, {
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    supported: { 'dynamic-import': false },
    minifyWhitespace: true,
    minifySyntax: true,
    define: PLACE,
    charset: 'ascii',
  })
  return withOwnExports(withGetters(script.code))
}

/**
 * What `import()` of a chunk gives is what the chunk exports, which the bundler would copy, name by name, for modules that are none of
 * ours. A short command would wait for some hundred copies.
 */
const withOwnExports = (script: string): string =>
  script.replace(/\b__toESM\d*\((require\("\.[^"]+"\))\)/g, '$1')

/**
 * What a chunk exports as getters of one object. The bundler defines each of them twice, by two calls, which a short command with
 * some hundred exports waits for. What is not written in its form stays as it is.
 */
export function withGetters(script: string): string {
  return script.replace(EXPORTS, (whole, _, list: string) => {
    const getters = list.split(',').map((one) => ONE_EXPORT.exec(one))
    return getters.every((one) => one !== null)
      ? `Object.defineProperty(module.exports={${getters.map(([, name, value]) => `get ${name}(){return ${value}}`).join(',')}},"__esModule",{value:!0});`
      : whole
  })
}

/** As esbuild writes it: `var stdin_exports={};__export(stdin_exports,{a:()=>b,c:()=>import_d.c});module.exports=__toCommonJS(stdin_exports);` */
const EXPORTS = /\bvar (\w+)=\{\};__export\(\1,\{([^{}]*)\}\);module\.exports=__toCommonJS\(\1\);/
const ONE_EXPORT = /^([\w$]+):\(\)=>([\w$.]+)$/

/** As the loader wants a chunk: a function, with all that it takes, which is the value of its file. */
const asFunction = (code: string): string =>
  `(function(exports,require,module,__filename,__dirname){"use strict";${code}\n})`

/** Makes every module that is loaded on demand import the core, which puts the core into one chunk. */
const oneCore: Plugin = {
  name: 'one-core',
  setup(build) {
    let onDemand: ReadonlySet<string> = new Set()
    build.onStart(async () => {
      const found = onDemandModules().map(async ({ specifier, resolveDir }) =>
        build.resolve(specifier, { resolveDir, kind: 'dynamic-import' }),
      )
      onDemand = new Set((await Promise.all(found)).map(({ path }) => path))
    })
    build.onResolve({ filter: /^karo:core$/ }, ({ path }) => ({ path, namespace: 'core', sideEffects: true }))
    build.onLoad({ filter: /.*/, namespace: 'core' }, () => ({
      contents: CORE.map((path) => `import './${path}'`).join('\n'),
      resolveDir: ROOT,
    }))
    build.onLoad({ filter: /\.[jt]s$/ }, ({ path }) =>
      onDemand.has(path)
        ? {
            contents: `import 'karo:core'\n${readFileSync(path, 'utf8')}`,
            loader: path.endsWith('.ts') ? 'ts' : 'js',
          }
        : undefined,
    )
  },
}

/** What the daemon takes of prom-client; its index also loads a client for HTTPS and OpenTelemetry, 0.1 s where no code is cached. */
const METRICS = ['counter', 'gauge', 'histogram', 'registry']

/**
 * What packages do at once and this program needs late, or never: Fastify its compilers of schemas, its encrypted servers, the
 * versions of plugins, and a function that its router compiles from text for each part of a path; commander what starts other
 * programs.
 */
const LATER: Readonly<Record<string, readonly (readonly [was: string, is: string])[]>> = {
  'fastify/lib/schema-controller.js': [
    ["const ValidatorSelector = require('@fastify/ajv-compiler')", ''],
    ['= ValidatorSelector()', "= (...given) => require('@fastify/ajv-compiler')()(...given)"],
    ["const SerializerSelector = require('@fastify/fast-json-stringify-compiler')", ''],
    [
      '= SerializerSelector()',
      "= (...given) => require('@fastify/fast-json-stringify-compiler')()(...given)",
    ],
  ],
  'find-my-way/lib/node.js': [
    [
      "return new Function('path', 'i', `'use strict'\\nreturn ${lines.join(' && ')}`)",
      'return (path, i) => path.startsWith(prefix, i)',
    ],
  ],
  'commander/lib/command.js': [
    ["import childProcess from 'node:child_process'", "import { spawn } from 'node:child_process'"],
    ['childProcess.spawn(', 'spawn('],
  ],
  'fastify/lib/server.js': [
    ["const https = require('node:https')", ''],
    ["const http2 = require('node:http2')", ''],
    ['https.createServer(', "require('node:https').createServer("],
    ['http2.create', "require('node:http2').create"],
  ],
  'fastify/lib/plugin-utils.js': [
    [
      "const semver = require('semver')",
      "const semver = { get gt() { return later().gt }, get coerce() { return later().coerce }, get satisfies() { return later().satisfies } }, later = () => require('semver')",
    ],
  ],
}

/** Holds what a start of the daemon reads together: less than the packages offer, and in one file. */
const lean: Plugin = {
  name: 'lean',
  setup(build) {
    build.onLoad({ filter: /\/prom-client\/index\.js$/ }, () => ({
      contents: METRICS.map((name) => `exports.${capital(name)}=require('./lib/${name}')`).join('\n'),
    }))
    // Messages in fifty languages, half of the package; those in English are not among them.
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {}' }))
    for (const [file, changes] of Object.entries(LATER)) {
      build.onLoad({ filter: new RegExp(`/${file.replaceAll('.', '\\.')}$`) }, ({ path }) => ({
        contents: changes.reduce(
          (text, [was, is]) => {
            if (!text.includes(was)) throw new Error(`${path} has no ${was}`)
            return text.replaceAll(was, is)
          },
          readFileSync(path, 'utf8'),
        ),
      }))
    }
    // The database's code goes into the bundle, as its addon cannot.
    build.onResolve({ filter: /^\.\/binding$/ }, ({ importer }) =>
      importer.includes('/classic-level/') ? { path: 'classic-level/binding.js', external: true } : undefined,
    )
    // Of these packages only what is used comes along: their ES modules can be taken apart, and the others cannot.
    build.onResolve(
      { filter: /^@opentelemetry\/[\w-]+$/ },
      async ({ path, resolveDir, kind, pluginData }) => {
        if (pluginData === 'found') return undefined
        const found = await build.resolve(path, { resolveDir, kind, pluginData: 'found' })
        return { path: found.path.replace('/build/src/', '/build/esm/'), sideEffects: false }
      },
    )
    // It reads what names this machine for good, and starts a program for that; spans are told a name.
    build.onLoad({ filter: /\/machine-id\/getMachineId\.js$/ }, () => ({
      contents: 'export const getMachineId = async () => undefined',
    }))
    // The MCP client takes it for OAuth over HTTP. Agents speak over standard input and output.
    build.onResolve({ filter: /^jose$/ }, ({ path }) => ({ path, namespace: 'absent' }))
    build.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({
      contents: `throw new Error('${path} is not part of this build')`,
    }))
  },
}
const capital = (word: string): string => `${word[0]?.toUpperCase()}${word.slice(1)}`

const HOOKS = join(ROOT, 'src/observe/hooks')

/** Puts the shell files of the hooks into the code that reads them; from the sources, it reads the files themselves. */
const shellFiles: Plugin = {
  name: 'shell-files',
  setup(build) {
    build.onLoad({ filter: /\/src\/observe\/hooks\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/\bshellFile\('([^']+)'\)/g, (_, file: string) =>
        JSON.stringify(readFileSync(join(HOOKS, file), 'utf8')),
      ),
      loader: 'ts',
    }))
  },
}

/** What `import()` in src/ names, of ours and of packages, and where. */
function onDemandModules(): { specifier: string; resolveDir: string }[] {
  return globSync('src/**/*.ts', { cwd: ROOT }).flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    const resolveDir = join(ROOT, dirname(file))
    return [...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map(([, specifier = '']) => ({
      specifier,
      resolveDir,
    }))
  })
}

/**
 * Node's own modules without their ES wrapper: `import … from 'node:util'` evaluates each of its exports, the lazy ones
 * too, for which a short command would wait 1 to 2 ms. In front, where imports take effect as well. What comes from a
 * module in LATE and is only called loads its module at the first call.
 */
export function withBuiltins(code: string): string {
  const imports: (string | undefined)[][] = []
  const rest = code.replace(BUILTIN_IMPORT, (_, ...found: (string | undefined)[]) => {
    imports.push(found)
    return ''
  })
  const taken = imports.flatMap(([one, all, names, module = '']) => {
    const from = `__karoBuiltin("${module}")`
    const given = names?.split(',').map((name) => name.split(' as ')) ?? []
    const late = given.filter(
      ([name = '', as = name]) => LATE.has(module) && isFunction(module, name) && isOnlyCalled(as, rest),
    )
    const atOnce = given.filter((one) => !late.includes(one)).map((one) => one.join(':'))
    return [
      ...[one, all].flatMap((name) => (name ? `${name}=${from}` : [])),
      ...late.map(([name, as = name]) => `${as}=(...given)=>${from}.${name}(...given)`),
      ...(atOnce.length > 0 ? [`{${atOnce}}=${from}`] : []),
    ]
  })
  // Some library imports `process` itself, so that the name is taken.
  return taken.length === 0
    ? code
    : `const __karoBuiltin=globalThis.process.getBuiltinModule,${taken.join(',')};${rest}`
}

/** Modules that take Node half a millisecond to four to load, and of which most commands call nothing. */
const LATE: ReadonlySet<string> = new Set(
  ['child_process', 'crypto', 'fs/promises', 'https', 'readline', 'readline/promises', 'tls', 'zlib'].map(
    (name) => `node:${name}`,
  ),
)

const isFunction = (module: string, name: string): boolean =>
  typeof (process.getBuiltinModule(module) as Readonly<Record<string, unknown>>)[name] === 'function'

/**
 * True where the code does nothing with the function but call it. A class is made with `new`, and `promisify` reads a property of
 * the function that it is given: a wrapper serves neither.
 */
const isOnlyCalled = (name: string, code: string): boolean => {
  const word = name.replaceAll('$', '\\$')
  return !new RegExp(`(?<![\\w$.])(?:${word}(?![\\w$(])|new ${word}\\b)`).test(code)
}

/** As esbuild writes it without white space: `import one,{a,b as c}from"node:fs";`, `import*as all from"node:fs";`. */
const BUILTIN_IMPORT = /\bimport(?: ([\w$]+),?)?(?:\*as ([\w$]+))?(?:\{([^}]*)\})? ?from"(node:[\w/]+)";/g

/** For each of PACKED, its chunk and those that it imports at once, by file name; without those of the program itself, which are loaded by then. */
function packs(outputs: Metafile['outputs']): ReadonlyMap<string, readonly string[]> {
  const imported = (path: string, into: Set<string>): Set<string> => {
    if (into.has(path)) return into
    into.add(path)
    for (const one of outputs[path]?.imports ?? [])
      if (one.kind === 'import-statement' && one.external !== true) imported(one.path, into)
    return into
  }
  const chunkOf = (entry: string): string => {
    const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry)
    if (found === undefined) throw new Error(`${entry} is no chunk of its own`)
    return found[0]
  }
  const before = imported(chunkOf('src/cli/run.ts'), new Set())
  return new Map(
    PACKED.map(chunkOf).map((first) => [
      basename(first),
      [...imported(first, new Set())].filter((path) => !before.has(path)).map((path) => basename(path)),
    ]),
  )
}

/** Chunks that only pass on what another one has, by file name: whoever wants it may as well ask there. */
function passedOn(chunks: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, code] of chunks) {
    const from = /^import\{([^}]*)\}from"\.\/([^"]+)";export\{\1\};\s*$/.exec(code)?.[2]
    if (from !== undefined) found.set(name, from)
  }
  return found
}

/** What the bundler made of the program: its account, and each chunk. */
export interface Bundled {
  readonly metafile: Metafile
  readonly codes: readonly string[]
}

const bundledOf = ({ metafile, outputFiles }: Awaited<ReturnType<typeof bundle>>): Bundled => ({
  metafile,
  codes: outputFiles.filter(({ path }) => path.endsWith('.js')).map(({ text }) => text),
})

/** Of the sources as they are now: what the last build kept, or a bundle made for this. */
export async function bundledNow(): Promise<Bundled> {
  try {
    const kept = JSON.parse(readFileSync(BUNDLED, 'utf8')) as Bundled & { readonly stamp: string }
    if (kept.stamp === sourcesStamp()) return kept
  } catch {
    // Nothing was built here, or it could not be kept.
  }
  return bundledOf(await bundle())
}

/** The finished files by their path below dist/, for one commit the same bytes wherever and whenever; and esbuild's account. */
export async function assemble(commit = commitOfSources()): Promise<{
  files: ReadonlyMap<string, Uint8Array>
  metafile: Metafile
  bundled: Bundled
}> {
  const made = await bundle(commit)
  const { outputFiles, metafile } = made
  const muscle = await bundleMuscle(commit)
  const page = await windowFiles(commit)
  const knowledge = knowledgeFiles()
  const files = new Map<string, Uint8Array>()
  const idle = passedOn(new Map(outputFiles.map((file) => [basename(file.path), file.text])))
  const direct = (code: string): string =>
    [...idle].reduce((text, [name, from]) => text.replaceAll(`/${name}"`, `/${from}"`), code)
  const packed = packs(metafile.outputs)
  const loading = await loader()
  const scripts = new Map<string, string>()
  for (const file of outputFiles) {
    const name = basename(file.path)
    if (idle.has(name)) continue
    if (!name.endsWith('.js')) {
      files.set(relative(DIST, file.path), file.contents)
      continue
    }
    const code = await asScript(withBuiltins(direct(file.text)))
    if (file.path !== ENTRY) scripts.set(name, asFunction(code))
    files.set(
      relative(DIST, file.path),
      Buffer.from(
        file.path === ENTRY ? `${entryHead(loading, [...packed.keys()])}${code}` : asFunction(code),
      ),
    )
  }
  for (const [name, parts] of packed) {
    const members = parts.flatMap((part) => {
      const code = scripts.get(part)
      // One character that is not ASCII would double what the whole file takes in memory.
      return code === undefined || !isAscii(Buffer.from(code)) ? [] : [`${JSON.stringify(part)}:${code}`]
    })
    files.set(`chunks/${packName(name)}`, Buffer.from(`({${members.join(',')}})`))
  }
  files.set('package.json', Buffer.from(PACKAGE))
  for (const [name, bytes] of [...knowledge, ...page.files]) files.set(name, bytes)
  for (const file of muscle.outputFiles) files.set(relative(DIST, file.path), file.contents)
  await stop()
  const { inputs, outputs } = metafile
  return {
    files,
    bundled: bundledOf(made),
    metafile: {
      inputs: { ...inputs, ...muscle.metafile.inputs, ...page.metafile.inputs },
      outputs: { ...outputs, ...muscle.metafile.outputs, ...page.metafile.outputs },
    },
  }
}

/** Writes dist/ so that at every moment the entry there is whole: new chunks, then the entry, then old ones go. */
export async function build(): Promise<Metafile> {
  const stamp = sourcesStamp()
  const { files, metafile, bundled } = await assemble()
  const entry = files.get(relative(DIST, ENTRY))
  if (entry === undefined) throw new Error('the bundle has no entry')
  const kept = new Set<string>([ENTRY, STAMP])
  for (const [name, contents] of files) {
    if (contents === entry) continue
    const path = join(DIST, name)
    kept.add(path)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
  // A package has them elsewhere, under its own version and date.
  for (const { name, section, source } of await manPages(buildName(VERSION, commitOfSources()))) {
    const path = join(DIST, 'man', `man${section}`, `${name}.${section}`)
    kept.add(path)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, source)
  }
  const fresh = `${ENTRY}.${process.pid}`
  writeFileSync(fresh, entry)
  chmodSync(fresh, 0o755)
  renameSync(fresh, ENTRY)
  writeFileSync(STAMP, stamp)
  try {
    mkdirSync(dirname(BUNDLED), { recursive: true })
    writeFileSync(BUNDLED, JSON.stringify({ stamp, metafile: bundled.metafile, codes: bundled.codes }))
  } catch {
    // Somebody else's packages.
  }
  for (const name of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    const path = join(name.parentPath, name.name)
    if (name.isFile() && !kept.has(path)) rmSync(path, { force: true })
  }
  await keepCode()
  return metafile
}

if (import.meta.main) {
  const { outputs } = await build()
  const code = Object.entries(outputs).filter(([path]) => path.endsWith('.js'))
  const kilobytes = (files: typeof code): string =>
    `${Math.round(files.reduce((sum, [, file]) => sum + file.bytes, 0) / 1024)} KiB`
  const entry = code.filter(([path]) => path.endsWith('karo.js'))
  const muscle = code.filter(([path]) => path.endsWith(`${MUSCLE}.js`))
  process.stdout.write(
    `${relative(ROOT, ENTRY)}: ${kilobytes(entry)}, with ${code.length - 2} chunks ${kilobytes(code)}\n`,
  )
  process.stdout.write(`dist/${MUSCLE}.js: ${kilobytes(muscle)}\n`)
}
