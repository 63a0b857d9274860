// What a short command loads: the bundle keeps heavy libraries out of it, and the command line out of the daemon's.
import { isAscii } from 'node:buffer'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundledNow, withBuiltins, withGetters } from '../../scripts/build.ts'
import { FIRST_LOAD_BYTES_MAX, firstLoadBytes, windowFiles } from '../../scripts/window.ts'

/** None of these may be read to run `karo status` or `karo check`. */
const HEAVY =
  /node_modules\/(@libp2p|@chainsafe|@multiformats|libp2p|level|abstract-level|classic-level|fastify|zod|commander|msgpackr|@noble|blake3-wasm)\//
const HEAVY_PACKAGES = /^(classic-level|blake3-wasm|koffi|(node:)?https?2?|(node:)?crypto)$/

const {
  metafile: { inputs, outputs },
  codes,
} = await bundledNow()

/** The chunk that holds `entry`, and all it imports statically; dynamic imports are only followed where named. */
function loadedFor(...entries: readonly string[]): {
  sources: string[]
  external: string[]
  chunks: string[]
} {
  const chunks = new Set<string>()
  const external = new Set<string>()
  const visit = (path: string): void => {
    if (chunks.has(path)) return
    chunks.add(path)
    for (const imported of outputs[path]?.imports ?? []) {
      if (imported.kind === 'dynamic-import') continue
      if (imported.external) external.add(imported.path)
      else visit(imported.path)
    }
  }
  for (const entry of entries) {
    const found = Object.entries(outputs).find(([, output]) => output.entryPoint === entry)
    if (found === undefined) throw new Error(`${entry} is no chunk of its own`)
    visit(found[0])
  }
  const sources = [...chunks].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}))
  return { sources, external: [...external], chunks: [...chunks] }
}

/** `status` is part of the program itself; `check` brings the shell parser with it. */
const PROGRAM = ['src/cli/main.ts', 'src/cli/run.ts']

test('no large chunk has a character beyond ASCII, for which V8 would hold all of it in two bytes a character', () => {
  const large = codes.filter(({ length }) => length > 100_000)
  expect(large.length).toBeGreaterThan(5)
  expect(
    large.filter((code) => !isAscii(Buffer.from(code))).map((code) => /.{30}[^\0-\x7f].{30}/.exec(code)?.[0]),
  ).toEqual([])
})

test.each([
  ['src/cli/commands/node/status.ts', PROGRAM],
  ['src/cli/commands/terminal/check.ts', [...PROGRAM, 'src/cli/commands/terminal/check.ts']],
  // Somebody waits with a finger on Tab.
  ['src/cli/completion/live.ts', [...PROGRAM, 'src/cli/completion/live.ts']],
])('%s loads nothing heavy', (command, entries) => {
  const { sources, external } = loadedFor(...entries)
  expect(sources).toContain(command)
  expect(sources.filter((source) => HEAVY.test(source))).toEqual([])
  expect(external.filter((name) => HEAVY_PACKAGES.test(name))).toEqual([])
})

test('karo status looks at start files without the rules of the guard', () => {
  const { sources } = loadedFor(...PROGRAM, 'src/cli/shells/start-file-looks.ts')
  expect(sources.filter((source) => source.startsWith('src/assist/'))).toEqual([])
})

test.each([
  ...['check', 'ask', 'explain', 'hook'].map((name) => [`src/cli/commands/terminal/${name}.ts`]),
  // What a shell asks.
  ['src/cli/commands/terminal/guard.ts', 'src/cli/guard/ask.ts'],
])('%s reads TOML only where a file sets something', (...entries) => {
  const { sources } = loadedFor(...PROGRAM, ...entries)
  for (const entry of entries) expect(sources).toContain(entry)
  expect(
    sources.filter((source) =>
      /smol-toml|^src\/(config\/(load|table)|assist\/guard\/load)\.ts$/.test(source),
    ),
  ).toEqual([])
})

test('no command but up loads the mesh, the store, the API server or its schemas', () => {
  const commands = Object.values(outputs)
    .map((output) => output.entryPoint ?? '')
    .filter((entry) => entry.startsWith('src/cli/commands/'))
  expect(commands.length).toBeGreaterThan(10)
  for (const command of commands) {
    const { sources } = loadedFor(...PROGRAM, command)
    expect(
      sources.filter((source) =>
        /^src\/(daemon|mesh|store|exchange\/(?!report\/|totals\/(words|reading)|query\/(filters|passes|query-types))|trust\/(peers|consent|access)|observe\/record|api\/(feed|server|routes|access|contract\/(schemas|openapi)))/.test(
          source,
        ),
      ),
      command,
    ).toEqual([])
  }
})

test('the daemon does load them: the check above can see', () => {
  const { sources } = loadedFor('src/daemon/main.ts')
  expect(sources.filter((source) => HEAVY.test(source)).length).toBeGreaterThan(100)
})

test('the daemon starts without the schemas of its API, which a request loads when it is the first to need them', () => {
  const { sources } = loadedFor('src/daemon/main.ts')
  expect(sources.filter((source) => /^src\/api\/contract\/(schemas|openapi)/.test(source))).toEqual([])
})

test('status is few files, because each costs a module load', () => {
  expect(loadedFor(...PROGRAM).chunks.length).toBeLessThanOrEqual(3)
})

/**
 * Each module that is loaded on demand imports the core first. Where the core imports such a module too, what imports it runs
 * before it does, and finds its constants undefined.
 */
test('no module of the core that is loaded on demand is also imported by the core', () => {
  const core = new Set(loadedFor(...PROGRAM).sources)
  const onDemand = new Set(Object.values(outputs).map(({ entryPoint }) => entryPoint))
  const imported = [...core].flatMap((path) =>
    (inputs[path]?.imports ?? []).flatMap((one) => (one.kind === 'import-statement' ? [one.path] : [])),
  )
  expect(imported).toContain('src/api/contract/client/socket.ts')
  expect(imported.filter((path) => core.has(path) && onDemand.has(path))).toEqual([])
})

test("Node's own modules are taken without their wrapper, in every form of import", () => {
  const wrapped = /\bfrom ?"node:/
  expect(codes.some((code) => wrapped.test(code))).toBe(true)
  expect(codes.filter((code) => wrapped.test(withBuiltins(code)))).toEqual([])
  const forms = 'import one,{a,b as c}from"node:x";import*as all from"node:y/z";f();import d from"node:w";'
  expect(withBuiltins(forms)).toBe(
    'const __karoBuiltin=globalThis.process.getBuiltinModule,' +
      'one=__karoBuiltin("node:x"),{a,b:c}=__karoBuiltin("node:x"),' +
      'all=__karoBuiltin("node:y/z"),d=__karoBuiltin("node:w");f();',
  )
  // What takes long to load is loaded for a call; not where its name stands for anything else.
  const late = 'import{spawn as s,ChildProcess,execFile}from"node:child_process";s();a.execFile=1;execFile();'
  const head = 'const __karoBuiltin=globalThis.process.getBuiltinModule,'
  const s = 's=(...given)=>__karoBuiltin("node:child_process").spawn(...given)'
  const execFile = 'execFile=(...given)=>__karoBuiltin("node:child_process").execFile(...given)'
  expect(withBuiltins(`${late}new ChildProcess()`)).toBe(
    `${head}${s},${execFile},{ChildProcess}=__karoBuiltin("node:child_process");s();a.execFile=1;execFile();new ChildProcess()`,
  )
  expect(withBuiltins(`${late}promisify2( execFile);x instanceof ChildProcess`)).toContain(
    `${head}${s},{ChildProcess,execFile}=`,
  )
})

test('what a chunk exports is read when it is used, and what is written in no known form stays', () => {
  const before =
    'var x_exports={};__export(x_exports,{a:()=>b,c:()=>import_d.c});module.exports=__toCommonJS(x_exports);'
  const mended = withGetters(`${before}let b=1,import_d={c:2};b=3`)
  expect(mended).not.toContain('__export(')
  const module: { exports: Record<string, unknown> } = { exports: {} }
  new Function('module', mended)(module)
  expect({ ...module.exports }).toEqual({ a: 3, c: 2 })
  expect(module.exports.__esModule).toBe(true)
  const other = 'var x_exports={};__export(x_exports,{"a b":()=>b});module.exports=__toCommonJS(x_exports);'
  expect(withGetters(other)).toBe(other)
})

test('the shell files of the hooks are in the code, and nothing reads them when it runs', () => {
  const files = globSync(join(import.meta.dirname, '../../src/observe/hooks/**/*.{bash,zsh,fish,sh}'))
  expect(files).toHaveLength(15)
  for (const file of files) {
    const words = readFileSync(file, 'utf8').split('\n', 1)[0]!
    expect(
      codes.filter((code) => code.includes(words)),
      file,
    ).toHaveLength(1)
  }
  expect(codes.filter((code) => code.includes('shellFile'))).toEqual([])
})

test('the entry stands alone, so that any Node gets as far as its version check', () => {
  expect(loadedFor('src/cli/main.ts')).toEqual({
    sources: ['src/cli/main.ts'],
    external: [],
    chunks: ['dist/karo.js'],
  })
})

test('the page loads little at first, nothing of a schema, and nothing from elsewhere', async () => {
  const { files, metafile } = await windowFiles('test')
  expect(firstLoadBytes(files)).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX)
  const taken = Object.keys(metafile.inputs)
  expect(taken).toContain('src/window/main.tsx')
  expect(
    taken.filter((source) => /node_modules\/(?!preact\/|@preact\/|uplot\/|uqr\/)|^node:/.test(source)),
  ).toEqual([])
  expect(taken.filter((source) => /api\/contract\/schemas\//.test(source))).toEqual([])
  for (const [name, bytes] of files) {
    if (!/\.(html|css)$/.test(name)) continue
    const text = Buffer.from(bytes).toString('utf8')
    expect(text).not.toMatch(/https?:|<style|style=|onclick|<script(?! type="module" src="\/window\/)/)
  }
})
