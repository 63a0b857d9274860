// Measures the risk check over lists of command lines that others keep, in two halves: one may be looked at, one is only counted.
// Usage: node test/bench/lists.ts FOLDER [LIST]; FOLDER holds checkouts named as in docs/risk-measured.md. With LIST, the lines of
// its half for building that the check misjudges are printed.
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkCommand, RISK_LEVELS, type RiskLevel } from '../../src/assist/risk/index.ts'
import { PLACE } from '../support/data/lines.ts'
import { classOf } from './list-classes.ts'
import { type Example, LISTS, type List, WRITE_TARGETS } from './list-readers.ts'

/** Whether a list, a page or a tool belongs to the half for building; neighbours stay together. */
const isBuilt = (from: string): boolean => (createHash('sha256').update(from).digest()[0] as number) % 2 === 0
const rank = (level: RiskLevel): number => RISK_LEVELS.indexOf(level)

const placeOf = ({ caller }: List) => ({ ...PLACE, ...(caller && { caller }) })

function examplesOf(list: List, folder: string): readonly Example[] {
  const seen = new Set<string>()
  return globSync(list.files, { cwd: folder })
    .toSorted()
    .filter((file) => !file.endsWith('.dir'))
    .flatMap((file) => list.read(readFileSync(join(folder, file), 'utf8'), file, folder))
    .filter(({ line }) => !seen.has(line) && seen.add(line))
}

/** Whether an example is judged as the list wants: a written file as a redirection to it, an everyday line below high. */
function fits(list: List, { line, least }: Example): boolean {
  if (list.wants === 'writes') {
    return Object.values(WRITE_TARGETS).every((target) => {
      const place = {
        home: PLACE.home,
        cwd: target.slice(0, target.lastIndexOf('/')),
        caller: 'tool',
      } as const
      const level = (text: string) => rank(checkCommand(text, place).risk_level)
      return level(line.replaceAll('▮', target)) >= Math.min(rank('high'), level(`echo x > ${target}`))
    })
  }
  const level = rank(checkCommand(line, placeOf(list)).risk_level)
  return list.wants === 'quiet' ? level < rank('high') : level >= rank(least ?? 'moderate')
}

const [folder = '.', only] = process.argv.slice(2)
for (const [name, list] of Object.entries(LISTS)) {
  if ((only !== undefined && only !== name) || !existsSync(join(folder, list.folder))) continue
  const examples = examplesOf(list, join(folder, list.folder))
  for (const half of ['build', 'held-out'] as const) {
    const lines = examples.filter(
      ({ from }) => (list.half ?? (isBuilt(from) ? 'build' : 'held-out')) === half,
    )
    if (lines.length === 0) continue
    const missed = lines.filter((example) => !fits(list, example))
    const levels = Object.fromEntries(
      RISK_LEVELS.map((level) => [
        level,
        lines.filter(
          ({ line }) => checkCommand(line.replaceAll('▮', '/etc/passwd'), placeOf(list)).risk_level === level,
        ).length,
      ]),
    )
    if (only !== undefined && half === 'build')
      for (const example of missed)
        process.stdout.write(`  ${classOf(example, name) ?? ''}\t${JSON.stringify(example.line)}\n`)
    const share = (all: readonly Example[]) =>
      `${((100 * all.filter((example) => !missed.includes(example)).length) / all.length).toFixed(1)} %`
    const left =
      list.wants === 'danger' ? lines.filter((example) => classOf(example, name) === undefined) : lines
    const without = left.length === lines.length ? {} : { without: share(left), of: left.length }
    process.stdout.write(
      `${JSON.stringify({ list: name, half, lines: lines.length, right: share(lines), ...without, missed: missed.length, ...levels })}\n`,
    )
  }
}
