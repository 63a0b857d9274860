// Every recipe: its command parses in each shell, its slots exist, its options are real, its risk is as declared.
import { beforeAll, describe, expect, test } from 'vitest'
import { type ExplainedPart, explainCommand } from '../../../../src/assist/copilot/index.ts'
import type { Knowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { createManuals } from '../../../../src/assist/copilot/manuals.ts'
import { createLexicon, type Lexicon } from '../../../../src/assist/copilot/matcher/lexicon.ts'
import { fill, slotKind } from '../../../../src/assist/copilot/matcher/slots.ts'
import { RECIPES, type Recipe } from '../../../../src/assist/copilot/recipes/index.ts'
import { describe as describeLine } from '../../../../src/assist/risk/describe.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'

const filled = (template: string): string => fill(template, new Map()).command
const slotsIn = (text: string): string[] =>
  [...text.matchAll(/\{([a-z]+\d?)(?:=[^{}]*)?\}/g)].map((match) => match[1] as string)

test.each(RECIPES.map((recipe) => [recipe.run, recipe] as const))('%s', (_, recipe: Recipe) => {
  const command = filled(recipe.run)
  expect(describeLine(command, 'bash')).toMatchObject({ parsed: true, truncated: false })
  if (recipe.fish !== undefined) expect(describeLine(filled(recipe.fish), 'fish').parsed).toBe(true)
  const slots = slotsIn(recipe.run).filter((slot) => slotKind(slot) !== undefined)
  for (const wording of recipe.says) {
    expect(wording, 'a wording is not empty').not.toBe('')
    for (const slot of slotsIn(wording)) {
      expect(slotKind(slot), `${slot} is a slot`).toBeDefined()
      expect(slots, `${wording}: ${slot} is in the command`).toContain(slot)
    }
  }
})

test('no wording stands for two commands', () => {
  const seen = new Map<string, string>()
  for (const { run, says } of RECIPES) {
    for (const wording of says) {
      expect(seen.get(wording) ?? run, wording).toBe(run)
      seen.set(wording, run)
    }
  }
})

/** Ends, overwrites or deletes something, whatever the rules think of it. */
const DESTROYS =
  /(?:^|[|;&]\s*|sudo )(?:rm|rmdir|shred|kill|pkill|killall|fuser -k|mkfs\S*|userdel|truncate -s 0)\b|-delete\b|--delete\b|\b(?:(?:container|image|volume|system) prune|reset --(?:hard|soft)|clean -fd|push --force|branch -[dD]|rmi|uninstall|autoremove|shutdown -[hr]|apt remove)\b/

describe('risk', () => {
  test('what destroys is only offered to who asks for it', () => {
    const open = RECIPES.filter(({ run, asks }) => asks === undefined && DESTROYS.test(run)).map(
      ({ run }) => run,
    )
    expect(open).toEqual([])
  })

  test('what the rules find risky is only offered to who asks for it, too', () => {
    const found = RECIPES.filter(({ asks }) => asks === undefined)
      .map(({ run }) => [run, checkCommand(filled(run), { shell: 'bash' })] as const)
      .filter(([, { risk_level }]) => risk_level === 'high' || risk_level === 'critical')
      .map(([run]) => run)
    expect(found).toEqual([])
  })
})

describe('options', () => {
  let lexicon: Lexicon
  let knowledge: Knowledge
  beforeAll(async () => {
    ;({ knowledge } = await builtKnowledge())
    lexicon = createLexicon(knowledge, undefined)
  })

  test('every option of a tool that Karo or its knowledge describes is one it knows', async () => {
    const unknown: string[] = []
    for (const { run } of RECIPES) {
      const { parts } = await explainCommand(filled(run), { shell: 'bash', knowledge, manuals: false })
      for (const option of parts.flatMap(unknownOptions)) unknown.push(`${run}: ${option}`)
    }
    // What only the manual of a machine that has the tool could tell.
    const here = createManuals(process.env.PATH ?? '')
    const open: string[] = []
    for (const one of unknown) {
      const [tool = '', option = ''] = (one.split(': ').at(-1) ?? '').split(' ')
      const known = await lexicon.tool(tool)
      const page = await here.page(tool)
      const isManual = page?.options.some(({ names }) => names.includes(option)) ?? true
      if (known.does !== undefined && !isManual && !NOT_IN_MANUALS.test(`${tool} ${option}`)) open.push(one)
    }
    expect(open).toEqual([])
  })
})

/** Real, but not in the form of a list of options in the manual. */
const NOT_IN_MANUALS =
  /^(?:java|ffmpeg|convert|openssl|ip|dig|nmap|xclip|ps|git|docker|kubectl|find|systemctl|strace|pkill) /

function unknownOptions(part: ExplainedPart, _i?: number, _all?: readonly ExplainedPart[]): string[] {
  const name = part.parts.find(({ kind }) => kind === 'name')?.text
  const own =
    part.kind !== 'command'
      ? []
      : part.parts
          // The options of a command inside, as behind sudo, are its own.
          .flatMap((one) => (one.kind === 'command' ? [] : [one, ...one.parts]))
          .filter(({ kind, meaning }) => kind === 'option' && meaning === null)
  return [...own.map(({ text }) => `${name} ${text}`), ...part.parts.flatMap((one) => unknownOptions(one))]
}
