// Counts how the risk check judges two lists of one's own, in halves: one for mending rules, and one that is only counted.
// `node test/bench/own-lines.ts --show` also prints the misjudged lines of the half for mending; `--tool`: as given by an AI tool.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { checkCommand, RISK_LEVELS, type RiskLevel } from '../../src/assist/risk/index.ts'

const caller = process.argv.includes('--tool') ? 'tool' : 'person'
const PLACE = { home: '/home/me', cwd: '/home/me/src/project', caller } as const
const linesOf = (name: string): readonly string[] =>
  readFileSync(new URL(`../corpus/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))

/** The half is told by a hash of the line, with which the lists were split before they were judged for the first time. */
const isMended = (line: string): boolean =>
  Number.parseInt(createHash('sha256').update(line.replaceAll('␤', '⏎')).digest('hex').slice(0, 1), 16) %
    2 ===
  0
const levelOf = (line: string): number =>
  RISK_LEVELS.indexOf(checkCommand(line.replaceAll('␤', '\n'), PLACE).risk_level)

for (const half of ['for mending', 'held out']) {
  const count = { all: 0, moderate: 0, high: 0, critical: 0 }
  const note = (found: boolean, line: string): void => {
    if (!found && half === 'for mending' && process.argv.includes('--show')) console.log(line)
  }
  for (const line of linesOf('measured-everyday.txt')) {
    if (isMended(line) !== (half === 'for mending')) continue
    const level = RISK_LEVELS[levelOf(line)] as RiskLevel
    count.all++
    if (level !== 'safe') count[level]++
    note(level === 'safe', `${level}: ${line}`)
  }
  console.log(
    `everyday, ${half}: ${count.all} lines; moderate ${count.moderate}, high (asked about) ${count.high}, critical (blocked) ${count.critical}`,
  )
  const found = { all: 0, flagged: 0, asDeserved: 0 }
  for (const entry of linesOf('measured-dangerous.txt')) {
    const [, least = '', line = ''] = /^(\w+) (.*)$/.exec(entry) ?? []
    if (isMended(line) !== (half === 'for mending')) continue
    const level = levelOf(line)
    const isEnough = level >= RISK_LEVELS.indexOf(least as RiskLevel)
    found.all++
    if (level > 0) found.flagged++
    if (isEnough) found.asDeserved++
    note(isEnough, `${RISK_LEVELS[level]} < ${entry}`)
  }
  console.log(
    `dangerous, ${half}: ${found.all} lines; flagged ${found.flagged}, at the level that they deserve ${found.asDeserved}`,
  )
}
