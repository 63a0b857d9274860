// Commands that other tools, builtins and expansions run: judged as what they run, and quiet where that is harmless.
import { expect, test } from 'vitest'
import { wrapperNames, wrapperOf } from '../../../../src/assist/risk/carriers/wrappers.ts'
import { checkCommand, RISK_LEVELS, type RiskLevel, riskLevelOf } from '../../../../src/assist/risk/index.ts'
import { DISGUISES, disguised } from '../../../fuzz/risk.ts'
import { carrierLines, PAYLOADS, PLACE } from '../../../support/data/lines.ts'
import { randomOf } from '../../../support/run/random.ts'
import { times } from '../../../support/run/thorough.ts'

const CARRIERS = carrierLines()
const rank = (level: RiskLevel) => RISK_LEVELS.indexOf(level)
const levelOf = (line: string, shell: (typeof CARRIERS)[number]['shell']) =>
  checkCommand(line, { ...PLACE, shell }).risk_level

test('more than 2 000 carriers, no two of them the same', () => {
  expect(new Set(CARRIERS.map(({ shell, template }) => `${shell} ${template}`)).size).toBe(CARRIERS.length)
  expect(CARRIERS.length).toBeGreaterThan(2_000)
})

/** The first payload in each carrier; the others, which differ in what they are and not in how they are carried, by turns. */
const EVERY = times(PAYLOADS.length, 1)

test.each([...PAYLOADS.entries()])('whatever carries payload %i, %s, is at least high', (turn, payload) => {
  const missed = CARRIERS.filter(({ shell, carrying }, at) => {
    if (turn > 0 && at % EVERY !== turn % EVERY) return false
    const least = payload.startsWith('truncate') ? 'moderate' : 'high'
    return rank(levelOf(carrying(payload), shell)) < rank(least)
  })
  expect(missed.map(({ shell, template }) => `${shell} ${template}`)).toEqual([])
})

test('a carrier of a harmless command is not flagged for carrying', () => {
  const judged = CARRIERS.map(({ shell, template, carrying }) => ({
    template,
    ...checkCommand(carrying('ls -la /home/me'), { ...PLACE, shell }),
  }))
  const flagged = judged.filter(({ risk_level }) => rank(risk_level) >= rank('high'))
  // Input of unknown origin, history, sudoers, containers with the whole disk: high whatever they run.
  expect(flagged.length, flagged.map(({ template }) => template).join('\n')).toBeLessThanOrEqual(60)
  const carried = judged.filter(({ matches }) => matches.some(({ rule }) => rule === 'carried-command'))
  expect(carried.map(({ template }) => template)).toEqual([])
})

/** An even part of them, where each carrier is tried anyway with a command that it carries. */
const SOME = CARRIERS.filter((_, at) => at % times(4, 1) === 0)

test('a disguise of a carrier with its command hides neither', () => {
  const random = randomOf(20_27)
  const lowered: string[] = []
  for (const { shell, carrying } of SOME) {
    const command = carrying(PAYLOADS[random.below(PAYLOADS.length)] as string)
    const { name, text } = disguised({ command, shell, least: 'high' }, random, DISGUISES)
    if (levelOf(text, shell) === 'safe') lowered.push(`${name}: ${text}`)
  }
  expect(lowered).toEqual([])
})

test('the observer, who does not know the directory, finds the same', () => {
  for (const { shell, carrying } of SOME) {
    const line = carrying('rm -rf /')
    expect(riskLevelOf(line, shell), line).toBe(checkCommand(line, { shell }).risk_level)
  }
})

test('text that is only said, searched for or stored is no command', () => {
  const quiet = [
    "echo 'rm -rf /home/me'",
    'printf "%s\\n" "rm -rf /"',
    "grep -rn 'rm -rf /' .",
    "git commit -m 'remove rm -rf / from the docs'",
    "git log --grep 'rm -rf /'",
    'python3 -c \'print("rm -rf /")\'',
    'node -e \'console.log("rm -rf /home/me")\'',
    'curl -d "rm -rf /" https://example.org/',
    "notify-send 'rm -rf / is over'",
    'man rm',
    'apt install rm find',
    'which rm dd shred',
    'mytool rm -rf build',
    "mytool --clean-command 'rm -rf ./build'",
    'docker rm web',
    'karo check "rm -rf /"',
    "claude -p 'what does rm -rf / do'",
    "gh issue create --title 'rm -rf / in the readme'",
  ]
  expect(quiet.filter((line) => levelOf(line, 'bash') !== 'safe')).toEqual([])
})

test('a row of the table of wrappers has only members of a wrapper', () => {
  const members =
    'values skip skips assigns scripts keywords opensShell privileged transparent joins places afterDashes'
  for (const name of wrapperNames()) {
    const wrapper = wrapperOf(name) ?? {}
    expect(name).toMatch(/^[\w.-]+$/)
    for (const member of Object.keys(wrapper)) expect(members.split(' '), name).toContain(member)
    expect(wrapper.skip ?? 0, name).not.toBeNaN()
  }
})
