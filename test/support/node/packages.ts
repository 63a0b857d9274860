// The packages that service tests install: made once, before the first of these files, and the same for all of them.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { canBoot } from './machine.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The directory with a .deb and an offline bundle of each version. */
    readonly packages: string
  }
}

const ROOT = join(import.meta.dirname, '../../..')
export const OLD = '0.1.0~test1'
export const NEW = '0.1.0~test2'
const ARCHITECTURE = { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch
/** Stored, not compressed: nobody keeps them. */
export const LEVEL = '0'

/** Path of the .deb of that version in a machine that was booted with these packages. */
export const debOf = (version: string): string => `/packages/karo_${version}_${ARCHITECTURE}.deb`

/** The time of the commit, for the files in packages. */
export function sourceEpoch(): string {
  const git = ['-c', `safe.directory=${ROOT}`, '-C', ROOT]
  const ran = spawnSync('git', [...git, 'log', '-1', '--format=%ct'], { encoding: 'utf8' })
  return ran.stdout?.trim() || '1000000000'
}

/** For `globalSetup`; what it returns removes the directory. */
export default function makePackages(project: TestProject): () => void {
  // The first time a Debian is fetched by that, which holds up nobody here; a worker that waits for it does not answer.
  canBoot()
  const directory = mkdtempSync(join(tmpdir(), 'karo-packages-'))
  // Other users of the machine look into it as well.
  chmodSync(directory, 0o755)
  const script = join(ROOT, 'scripts/package.ts')
  // The third is the version that the sources have.
  const versions = [OLD, NEW, ''].flatMap((version) => ['--version', version])
  execFileSync(process.execPath, [script, '--out', directory, '--level', LEVEL, ...versions], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: sourceEpoch() },
  })
  project.provide('packages', directory)
  return () => rmSync(directory, { recursive: true, force: true })
}
