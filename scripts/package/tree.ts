// What is installed where: the program, the Node that runs it, the packages it finds at run time, units and papers.
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import type { Metafile } from 'esbuild'
import { VERSION } from '../../src/base/version.ts'
import { assemble, EXTERNAL } from '../build.ts'
import { FIG_LICENCE } from '../knowledge.ts'
import { reference } from '../reference.ts'
import { DOC, INSTALLED, pages } from './pages.ts'
import { checkedRuntime } from './runtime.ts'
import { shellFiles } from './shell-files.ts'
import { type Entry, plain } from './tar.ts'

export { pages }

const ROOT = join(import.meta.dirname, '../..')
const MODULES = join(ROOT, 'node_modules')
/** Everything of ours that is no configuration, unit or paper. */
const LIB = 'usr/lib/karo'

/** Files from the repository, as they are. */
export const COPIED: Readonly<Record<string, string>> = {
  'systemd/karo.service': 'usr/lib/systemd/system/karo.service',
  'systemd/karo-exec.service': 'usr/lib/systemd/system/karo-exec.service',
  'systemd/karo-report.service': 'usr/lib/systemd/system/karo-report.service',
  'systemd/karo-report.timer': 'usr/lib/systemd/system/karo-report.timer',
  'systemd/user/karo.service': 'usr/lib/systemd/user/karo.service',
  'systemd/sysusers.d/karo.conf': 'usr/lib/sysusers.d/karo.conf',
  'systemd/tmpfiles.d/karo.conf': 'usr/lib/tmpfiles.d/karo.conf',
  'test/vectors/verify.py': 'usr/share/karo/verify.py',
  'packaging/keep-code.sh': `${LIB}/keep-code.sh`,
  'packaging/debian/copyright': `${DOC}/copyright`,
  'packaging/debian/lintian-overrides': 'usr/share/lintian/overrides/karo',
}

/** Everything in configs/, where the pages say that it is. */
export function configurations(): Entry[] {
  const files = globSync('configs/**/*.*', { cwd: ROOT }).sort()
  return files.map((from) => {
    const to = Object.keys(INSTALLED)
      .filter((path) => from.startsWith(path))
      .sort((a, b) => b.length - a.length)[0] as string
    return plain(`${INSTALLED[to]}${from.slice(to.length)}`, readFileSync(join(ROOT, from)))
  })
}

/** Without leading slashes, unsorted, directories left out. `seconds`: since the epoch, the date of what has one. `commit`: what it says it
 * was built of. */
export async function installedTree(seconds: number, commit: string): Promise<Entry[]> {
  const { files, metafile } = await assemble(commit)
  const entries: Entry[] = [
    ...Object.entries(COPIED).map(([from, path]) => plain(path, readFileSync(join(ROOT, from)))),
    ...configurations(),
    ...[...pages()].map(([path, text]) => plain(path, Buffer.from(text))),
    ...[...(await reference())].map(([path, text]) => plain(`${DOC}/${path}`, Buffer.from(text))),
    {
      path: `${LIB}/bin/node`,
      mode: 0o755,
      content: { bytes: checkedRuntime(join(MODULES, 'node/bin/node')) },
    },
    // The link's target is the program itself, whose first line names the Node beside it: nothing starts in between.
    { path: 'usr/bin/karo', mode: 0o777, content: { link: '../lib/karo/dist/karo.js' } },
    // Where `karo shell install` looks for manual pages, for somebody who runs the unpacked archive from their own directory.
    { path: `${LIB}/dist/man`, mode: 0o777, content: { link: '../../../share/man' } },
    plain(`${LIB}/package.json`, Buffer.from('{"type":"module","private":true}\n')),
    ...(await shellFiles(VERSION, seconds)),
    plain(`${DOC}/NODE-LICENSE.txt`, readFileSync(nodeLicence())),
    plain(`${DOC}/THIRD-PARTY.txt`, Buffer.from(thirdParty(metafile))),
  ]
  for (const [name, contents] of files) {
    if (name !== 'karo.js') entries.push(plain(`${LIB}/dist/${name}`, contents))
    else {
      const text = Buffer.from(contents)
        .toString('utf8')
        .replace(/^#!.*\n/, `#!/${LIB}/bin/node\n`)
      entries.push({ path: `${LIB}/dist/${name}`, mode: 0o755, content: { bytes: Buffer.from(text) } })
    }
  }
  for (const name of runtimePackages()) {
    for (const file of filesOf(name)) {
      entries.push(plain(`${LIB}/node_modules/${name}/${file}`, readFileSync(join(MODULES, name, file))))
    }
  }
  return entries
}

const readJson = createRequire(import.meta.url)

/** The `node` package has the binary alone; its platform's package, which it depends on, the rest of the release. */
function nodeLicence(): string {
  const resolve = createRequire(join(MODULES, 'node/package.json')).resolve
  return join(dirname(resolve(`node-linux-${process.arch}/package.json`)), 'LICENSE')
}

/** Those the bundle leaves outside, and what they need in turn. */
function runtimePackages(): string[] {
  const found = new Set<string>()
  const add = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    const { dependencies = {}, optionalDependencies = {} } = readJson(
      join(MODULES, name, 'package.json'),
    ) as Record<'dependencies' | 'optionalDependencies', Record<string, string> | undefined>
    for (const needed of Object.keys(dependencies)) add(needed)
    // Of the binaries for each platform, the one for this is there.
    for (const needed of Object.keys(optionalDependencies)) if (existsSync(join(MODULES, needed))) add(needed)
  }
  for (const name of EXTERNAL) add(name)
  return [...found]
}

/** What koffi and node-gyp-build run to compile, which is done. */
const BUILDS_ONLY = /^(cnoke\.cjs|src\/koffi\/src\/trampolines\.cjs|bin\.js|optional\.js|build-test\.js)$/

/** Cedar for bundlers and for browsers: 4 MB each, and never loaded by Node. */
const OTHER_TARGETS = /^(esm|web)\//

/** What runs, and its licence: no sources of addons, no types, no tests, no other platforms. */
function filesOf(name: string): string[] {
  return readdirSync(join(MODULES, name), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(join(MODULES, name).length + 1))
    .filter((file) => /\.([cm]?js|json|wasm|node)$/.test(file) || /^licen[cs]e/i.test(basename(file)))
    .filter((file) => !/(^|\/)(test|tests|docs?|benchmark|browser|node_modules|build)\//.test(file))
    .filter((file) => !/\.(test|bench)\.[cm]?js$|(^|\/)(musl|prebuilds\/(?!linux-))|\.musl\.node$/.test(file))
    .filter((file) => !BUILDS_ONLY.test(file))
    .filter((file) => name !== '@cedar-policy/cedar-wasm' || !OTHER_TARGETS.test(file))
    .filter((file) => !file.startsWith('prebuilds/') || file.startsWith(`prebuilds/linux-${process.arch}/`))
}

/** The licences of everything in the bundle, sorted by name. */
function thirdParty({ inputs }: Metafile): string {
  const directories = new Set<string>()
  for (const input of Object.keys(inputs)) {
    const inside = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]
    if (inside !== undefined) directories.add(inside)
  }
  const sections = new Map<string, string>()
  for (const directory of directories) {
    const { name, version, license } = readJson(join(ROOT, directory, 'package.json')) as Record<
      string,
      unknown
    >
    const [file] = globSync('{LICENSE,LICENCE,license,licence,License}*', {
      cwd: join(ROOT, directory),
    }).sort()
    const text =
      file === undefined ? 'See its package.' : readFileSync(join(ROOT, directory, file), 'utf8').trim()
    sections.set(`${name} ${version}`, `${name} ${version} (${license})\n\n${text}\n`)
  }
  sections.set(
    '@withfig/autocomplete',
    `@withfig/autocomplete (MIT)\n\n${readFileSync(FIG_LICENCE, 'utf8').trim()}\n`,
  )
  const rule = `\n${'-'.repeat(80)}\n\n`
  return [...sections]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, section]) => section)
    .join(rule)
}
