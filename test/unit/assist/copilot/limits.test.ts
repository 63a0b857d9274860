// What a request leaves out: recipes, descriptions of options, own commands and a model's command keep to it.
import { beforeAll, expect, test } from 'vitest'
import { knowledgeTexts } from '../../../../scripts/ask/knowledge-check.ts'
import { changesSomething } from '../../../../src/assist/copilot/ask/acts.ts'
import { type AskOptions, findCommand } from '../../../../src/assist/copilot/ask/answer.ts'
import { readEntries } from '../../../../src/assist/copilot/ask/entries.ts'
import type { Knowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'
import { readRequests } from '../../../support/data/requests.ts'
import { times } from '../../../support/run/thorough.ts'

let knowledge: Knowledge
beforeAll(() => {
  ;({ knowledge } = builtKnowledge())
})

/** Without quotes that nothing needs, and the directory before a program. */
const bare = (text: string): string => text.replaceAll("'", '').replaceAll('\\.\\/', '').replaceAll('./', '')

const judge = (command: string) => checkCommand(command, { shell: 'bash' })
const ask = (words: string, more: Partial<AskOptions> = {}) =>
  findCommand(words, { shell: 'bash', judge, knowledge, ...more })
const offered = (words: string, more: Partial<AskOptions> = {}): readonly string[] => {
  const { command, alternatives } = ask(words, more)
  return [command ?? '', ...alternatives.map((one) => one.command)]
}

test.each(readRequests('requests-limits.txt'))(
  '$words: nothing that changes more than it says',
  ({ words, accepts }) => {
    const { command, confidence } = ask(words)
    if (confidence === 'sure' && command !== null && changesSomething(command))
      expect(bare(command)).toMatch(new RegExp(bare(accepts.source)))
  },
)

test.each([
  'delete all files in ~',
  'delete all files in the current directory',
  'delete everything in /',
  'remove the directory ~',
])('%s: nobody is handed the whole of it', (words) => {
  for (const command of offered(words)) expect(command).not.toMatch(/^(?:sudo )?rm .*(?:^| )[~/.*]+$/)
})

const entries = [...knowledgeTexts().values()].flatMap((text) => readEntries(text).entries)
/** An even part of them, whose wordings are asked with something taken out. */
const SOME = entries.filter(({ command }, i) => i % times(66, 11) === 0 && changesSomething(command))
const NEGATED = /(?:!|-not|-v|-x|--exclude\S*|--no-\w+)(?:=| )(?:-name )?['"*]*keepme/

test('what is taken out of a request that changes something is never all that is left of it', () => {
  expect(SOME.length).toBeGreaterThan(times(15, 100))
  const wrong: string[] = []
  for (const { says } of SOME) {
    const words = `${(says[0] as string).replace(/\{[^}]*\}/g, 'x1')} except keepme.txt`
    for (const command of offered(words))
      if (changesSomething(command) && !NEGATED.test(command)) wrong.push(`${words} → ${command}`)
  }
  expect(wrong).toEqual([])
})

test('own commands: what destroys is offered for what it is given only', () => {
  const own = (command: string) => [{ command, cwd: '/srv', exit_code: 0, risk_level: 'moderate' }]
  expect(offered('remove build', { own: own('rm -rf build dist') })).not.toContain('rm -rf build dist')
  expect(offered('remove build and dist', { own: own('rm -rf build dist') })).toContain('rm -rf build dist')
  expect(offered('remove all containers except db', { own: own('docker rm db') })).not.toContain(
    'docker rm db',
  )
})

test('a model, too, has to leave out what is to be left out', () => {
  const model = (command: string) => ({ model: { name: 'm', command } })
  const words = 'remove all tmp files except keep.tmp'
  expect(ask(words, model('find . -name keep.tmp -delete')).command).not.toBe('find . -name keep.tmp -delete')
  const right = "find . -name '*.tmp' ! -name keep.tmp -delete"
  expect(offered(words, model(right))).toContain(right)
})

test('sh is offered nothing that it cannot read', () => {
  const words = 'compare the output of two commands'
  expect(offered(words).join(' ')).toContain('<(')
  for (const command of offered(words, { shell: 'sh' })) expect(command).not.toContain('<(')
})
