// Reads the planted faults: what to break, and which tests must notice; and says which of them no longer apply.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Fault {
  /** Why it matters, in one sentence. */
  readonly why: string
  /** From the root of the tree. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** From the root of the tree; at least one test of them must fail. */
  readonly tests: readonly string[]
}

/** All blocks of the lists beside this file; throws for one that is none. */
export function readFaults(): readonly Fault[] {
  const lists = globSync('*.txt', { cwd: import.meta.dirname }).sort()
  return lists.flatMap((list) =>
    readFileSync(join(import.meta.dirname, list), 'utf8')
      .split(/\n{2,}/)
      .filter((block) => !block.startsWith('#'))
      .map((block) => faultOf(block.trimEnd().split('\n'), list)),
  )
}

function faultOf(lines: readonly string[], list: string): Fault {
  const [why = '', file = '', find = '', replace = '', tests = '', ...rest] = lines
  if (!find.startsWith('- ') || !replace.startsWith('+ ') || tests === '' || rest.length > 0)
    throw new Error(`${list}: '${why}' is not why, file, - text, + text, tests`)
  return { why, file, find: find.slice(2), replace: replace.slice(2), tests: tests.split(' ') }
}

/** What has to be mended in the list; undefined when the fault applies. `root`: of the tree. */
export function problemOf({ file, find, replace, tests }: Fault, root: string): string | undefined {
  if (!existsSync(join(root, file))) return `there is no ${file}`
  const times = readFileSync(join(root, file), 'utf8').split(find).length - 1
  if (times !== 1) return `'${find}' stands in ${file} ${times} times, not once`
  if (find === replace) return `'${find}' is replaced by itself`
  const missing = tests.find((test) => !existsSync(join(root, test)))
  return missing === undefined ? undefined : `there is no ${missing}`
}
