// `npm run package`: a .deb and an offline bundle in out/, the same bytes for the same commit.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { argumentsOf } from './arguments.ts'
import { commitOfSources, commitOfVersion } from './commit.ts'
import { ARCHITECTURES, deb, debName } from './package/deb.ts'
import { offlineBundle, offlineName, sha256 } from './package/offline.ts'
import { installedTree } from './package/tree.ts'

const ROOT = join(import.meta.dirname, '..')

const { values } = argumentsOf(
  'package -- [--out DIR] [--version VERSION] [--commit HASH] [--level 0-9] [--only deb|bundle]',
  {
    options: {
      out: { type: 'string', default: join(ROOT, 'out') },
      /** Default, also where it is empty: from package.json and git. */
      version: { type: 'string', multiple: true, default: [''] },
      /** What the program says it was built of; default: from the version or git. Sources without git say `unknown`. */
      commit: { type: 'string' },
      /** gzip's, 0 to 9: tests take 0, which stores what the others compress for seconds. */
      level: { type: 'string', default: '9' },
      /** For tests that need one of the two: `deb` or `bundle`. */
      only: { type: 'string' },
    },
  },
)

if (ARCHITECTURES[process.arch] === undefined) throw new Error(`no packages for ${process.arch}`)
const level = Number(values.level)
const seconds = sourceTime()
const out = resolve(values.out)
mkdirSync(out, { recursive: true })
const sums: string[] = []
const trees = new Map<string, Awaited<ReturnType<typeof installedTree>>>()
for (const given of values.version) {
  const version = given || versionOf()
  const commit = commitOfVersion(version) ?? values.commit ?? commitOfSources()
  const tree = trees.get(commit) ?? (await installedTree(seconds, commit))
  trees.set(commit, tree)
  const made: (readonly [name: string, make: () => Buffer])[] = []
  if (values.only !== 'bundle') made.push([debName(version), () => deb({ version, tree, seconds, level })])
  if (values.only !== 'deb')
    made.push([`${offlineName(version)}.tar.gz`, () => offlineBundle({ version, tree, seconds, level })])
  for (const [name, make] of made) {
    const bytes = make()
    writeFileSync(join(out, name), bytes)
    sums.push(`${sha256(bytes)}  ${name}\n`)
    const path = relative(process.cwd(), join(out, name))
    process.stdout.write(`${path}: ${(bytes.length / 1024 / 1024).toFixed(1)} MiB\n`)
  }
}
writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))

/** reproducible-builds.org: SOURCE_DATE_EPOCH, else the time of the commit. */
function sourceTime(): number {
  const given = process.env.SOURCE_DATE_EPOCH ?? git('log', '-1', '--format=%ct')
  if (given !== undefined && /^\d{1,10}$/.test(given)) return Number(given)
  throw new Error(
    `no time for the files: SOURCE_DATE_EPOCH is ${given ?? 'not set, and this is no commit of git'}`,
  )
}

/** A tagged commit is that version, and so are sources without git; any other comes before it, in the order of commits. */
function versionOf(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const commit = git('rev-parse', '--short=10', 'HEAD')
  if (commit === undefined) return version
  const clean = git('status', '--porcelain', '--untracked-files=no') === ''
  if (clean && git('tag', '--points-at', 'HEAD')?.split('\n').includes(`v${version}`)) return version
  const time = new Date(sourceTime() * 1000).toISOString().replace(/\D/g, '').slice(0, 14)
  return `${version}~${time}.${commit}${clean ? '' : '.changed'}`
}

/** Undefined without git, or outside of it. The checkout may be another user's. */
function git(...args: readonly string[]): string | undefined {
  const ran = spawnSync('git', ['-c', `safe.directory=${ROOT}`, '-C', ROOT, ...args], { encoding: 'utf8' })
  return ran.status === 0 ? ran.stdout.trim() : undefined
}
